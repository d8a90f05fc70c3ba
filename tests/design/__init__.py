"""The design room: drawings, pieces and scripts, each looked at in a real browser."""
