"""District skills competitions: entries, judging, ranking, awards. Not built yet."""
