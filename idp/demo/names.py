"""Common first and family names of Flanders and Brussels, to make up pupils from."""

GIRLS = (
    "Emma", "Olivia", "Louise", "Mila", "Noor", "Elena", "Lina", "Alice", "Ella", "Juliette", "Marie", "Anna",
    "Lotte", "Fien", "Amber", "Yasmina", "Aya", "Inaya", "Zoë", "Chloé", "Hanne", "Elif", "Zeynep", "Fatima",
    "Sofia", "Nora", "Jana", "Eline", "Lore", "Manon", "Camille", "Malak", "Aicha", "Kaat", "Mirthe", "Renée",
    "Oksana", "Maryam", "Léa", "Femke", "Silke", "Babette",
)  # fmt: skip
BOYS = (
    "Noah", "Arthur", "Jules", "Liam", "Lucas", "Adam", "Victor", "Louis", "Mathis", "Finn", "Lars", "Seppe",
    "Mohamed", "Yassine", "Ibrahim", "Bilal", "Elias", "Warre", "Stan", "Milan", "Emile", "Senne", "Kobe",
    "Robbe", "Jef", "Gust", "Ilyas", "Emre", "Mehmet", "Hamza", "Daan", "Thibo", "Wout", "Xander", "Dries",
    "Mateusz", "Andrei", "Rayan", "Cédric", "Loïc", "Tuur", "Jérôme",
)  # fmt: skip
FAMILIES = (
    "Peeters", "Janssens", "Maes", "Jacobs", "Mertens", "Willems", "Claes", "Goossens", "Wouters", "De Smet",
    "Dubois", "Lambert", "Dupont", "Vermeulen", "Pauwels", "Desmet", "Hermans", "Aerts", "Michiels", "Verhoeven",
    "Van den Broeck", "De Backer", "Van Damme", "D'Hondt", "El Amrani", "El Idrissi", "Benali", "Bakkali",
    "Yilmaz", "Demir", "Kaya", "Öztürk", "Nguyen", "Kowalski", "Popescu", "Da Silva", "Diallo", "Mbeki",
    "Segers", "Coppens", "Lemmens", "Baert", "Vandenberghe", "Verstraete", "Cools", "Smets", "Stevens",
    "Vanhoutte", "Bogaerts", "Declercq", "Martens", "Thys", "Van Acker", "Sterckx", "Özdemir", "Lefèvre",
)  # fmt: skip
