"""Atlas -> how the share of each topic changes over the years, or differs between the groups of a column."""

from pipeline.trends.find import find_trends
from pipeline.trends.picture import draw_trends
from pipeline.trends.result import Cell, Group, Growth, TopicTrend, Trends

__all__ = ["Cell", "Group", "Growth", "TopicTrend", "Trends", "draw_trends", "find_trends"]
