"""Atlas -> how the share of each topic changes over the years, or differs between the groups of a column."""

from pipeline.trends.estimate import find_trends
from pipeline.trends.topic_trends import Cell, Group, Growth, TopicTrend, Trends
from pipeline.trends.trend_picture import draw_trends

__all__ = ["Cell", "Group", "Growth", "TopicTrend", "Trends", "draw_trends", "find_trends"]
