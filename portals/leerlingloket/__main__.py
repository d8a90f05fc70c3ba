"""`python -m portals.leerlingloket --config FILE` serves the Leerlingloket."""

from portals.kit.serving import main
from portals.leerlingloket.app import DESK, create_app

main(DESK.name, create_app)
