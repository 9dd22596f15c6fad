// The library of pictures: several added at once. Without it the page that adds one still does.
