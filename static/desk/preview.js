// The preview beside the text: the page as it would be published.
