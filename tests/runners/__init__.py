"""Real test runners against real services: what they send is what flowdrift reads."""
