"""The page that a link of somebody's conversation opens, for everybody who has the link."""
