// Pictures pasted, dropped or picked into the text.
