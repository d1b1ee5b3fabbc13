"""Corpus -> what is in it and what is missing: counts, notes in words, small pictures."""

from pipeline.quality.measure import Quality, measure
from pipeline.quality.notes import cleaned_in_words, notes
from pipeline.quality.pictures import draw_quality
from pipeline.quality.reader import model_reader

__all__ = ["Quality", "cleaned_in_words", "draw_quality", "measure", "model_reader", "notes"]
