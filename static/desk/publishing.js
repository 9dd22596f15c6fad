// Publishing: the bar, the checklist, times in the author's own zone. Without it the buttons still do.
