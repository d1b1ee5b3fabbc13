"""Core topics -> topics as people see them: edited, named, with keywords and representative papers."""

from pipeline.topics.topic import KnownTopic, Topic, TopicKeyword, TopicTree

__all__ = ["KnownTopic", "Topic", "TopicKeyword", "TopicTree"]
