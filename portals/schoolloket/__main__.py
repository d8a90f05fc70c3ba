"""`python -m portals.schoolloket --config FILE` serves the Schoolloket."""

from portals.kit.serving import main
from portals.schoolloket.app import DESK, create_app

main(DESK.name, create_app)
