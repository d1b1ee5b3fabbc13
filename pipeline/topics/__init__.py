"""Core topics -> topics as people see them: edited, named, with keywords and representative papers."""

from pipeline.topics.topic import SeededTopic, Topic, TopicHierarchy, TopicKeyword

__all__ = ["SeededTopic", "Topic", "TopicHierarchy", "TopicKeyword"]
