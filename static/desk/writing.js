// Writing: the toolbar, shortcuts, lists that continue, counters and focus. Without it the textarea is a textarea.
