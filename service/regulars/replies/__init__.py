"""Letters of readers and the posts that they answer."""
