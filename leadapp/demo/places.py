"""Countries as the demo sees them: people's names, cities, legal forms."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """What names and addresses look like in one country, and its share of the leads."""

    code: str
    weight: int
    language: str
    phone: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[str, ...]
    legal_forms: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


COUNTRIES = (
    Country(
        "DE",
        30,
        "de",
        "+49{area}555{number}",
        _words(
            "Annelie Katrin Sabine Julia Lena Miriam Ulrike Heike Petra Franziska Johanna Anna-Lena Silke "
            "Nadine Jonas Maximilian Jürgen Stefan Tobias Matthias Thorsten Florian Uwe Sebastian Lukas "
            "Andreas Bernd Christian Felix Holger Markus Ralf Oliver Philipp Aylin Mehmet Emre"
        ),
        _words(
            "Großmann Köhler Schäfer Weiß Fröhlich Vogel Brandt Lindner Hartmann Krüger Neumann Zimmermann "
            "Schröder Böttcher Kaiser Lorenz Ziegler Winkler Pohl Seidel Engel Arnold Ritter Busch Kühn "
            "Jansen Petersen Haas Graf Dietrich Thiel Yildiz Demir Sauer Förster Hofmann Bergmann Wiegand"
        ),
        _words(
            "Heilbronn Lüneburg Bielefeld Stuttgart Hamburg München Köln Nürnberg Kassel Dresden Münster "
            "Augsburg Ulm Bremen Leipzig Osnabrück Paderborn Schweinfurt Chemnitz Mannheim"
        ),
        ("GmbH", "GmbH & Co. KG", "AG", "SE", "KG"),
    ),
    Country(
        "AT",
        7,
        "de",
        "+43{area}555{number}",
        _words("Magdalena Theresa Elisabeth Birgit Verena Stefanie Georg Lukas Bernhard Manfred Clemens"),
        _words("Gruber Huber Steiner Pichler Moser Leitner Egger Wallner Hofer Auer Haider Fuchs"),
        _words("Graz Linz Wien Salzburg Wels Steyr Dornbirn Klagenfurt"),
        ("GmbH", "AG", "KG"),
    ),
    Country(
        "CH",
        6,
        "de-CH",
        "+41{area}55{number}",
        _words("Regula Sandra Corinne Nicole Céline Urs Reto Beat Marco Dominik Pascal Thierry"),
        _words("Müller Keller Meier Baumann Zbinden Frei Gerber Brunner Widmer Favre Rossier Caduff"),
        _words("Winterthur Basel Zürich Bern St._Gallen Biel Zug Luzern"),
        ("AG", "GmbH", "SA"),
    ),
    Country(
        "NL",
        9,
        "nl",
        "+31{area}555{number}",
        _words("Femke Sanne Marloes Anouk Ingrid Lotte Bram Sjoerd Jeroen Pieter Ruben Thijs Wouter Niels"),
        _words(
            "de_Wit van_der_Heijden Vos Bakker Jansen van_Dijk Visser Smit Meijer de_Boer Mulder Hoekstra "
            "Dekker van_den_Berg"
        ),
        _words("Eindhoven Rotterdam Utrecht Zwolle Venlo Groningen Breda Enschede"),
        ("B.V.", "N.V."),
    ),
    Country(
        "BE",
        6,
        "nl-BE",
        "+32{area}55{number}",
        _words("Charlotte Elke Marie Sofie Katrien Tom Koen Maarten Bart Olivier Luc Wim"),
        _words(
            "Peeters Janssens Maes Jacobs Willems Claes Goossens Wouters Dubois Lambert De_Smet Vermeulen"
        ),
        _words("Gent Antwerpen Leuven Kortrijk Hasselt Liège Brugge"),
        ("NV", "BV", "SA"),
    ),
    Country(
        "GB",
        8,
        "en-GB",
        "+44{area}555{number}",
        _words(
            "Olivia Charlotte Priya Hannah Fiona Amelia Grace James Oliver Callum Ravi Gareth Owen Daniel"
        ),
        _words(
            "Hartley-Brown Okonkwo Raghunathan Whitfield Pemberton Ashworth Davies MacLeod Patel Thornton "
            "Sinclair Fairbank Holloway Bennett"
        ),
        _words("Sheffield Leeds Bristol Coventry Derby Glasgow Cambridge Swindon"),
        ("Ltd", "plc", "LLP"),
    ),
    Country(
        "US",
        7,
        "en-US",
        "+1{area}555{number}",
        _words("Marcus Emily Jessica Tyler Kayla Brandon Dana Lauren Miguel Andre Whitney Caleb Rosa Kevin"),
        _words("Delgado Nguyen Carter Brooks Sullivan Ramirez Coleman Foster Ortiz Hayes Bryant Kowalczyk"),
        _words("Milwaukee Pittsburgh Cleveland Charlotte Austin Denver Columbus Tulsa"),
        ("Inc.", "LLC", "Corp."),
    ),
    Country(
        "FR",
        4,
        "fr",
        "+33{area}55{number}",
        _words("Camille Élodie Claire Manon Guillaume Antoine Thibault Mathieu Hugo Nathalie"),
        _words("Lefèvre Moreau Girard Fontaine Rousseau Chevalier Mercier Blanchard Garnier Perrin"),
        _words("Lyon Lille Nantes Grenoble Toulouse Strasbourg"),
        ("SAS", "SA", "SARL"),
    ),
    Country(
        "PL",
        8,
        "pl",
        "+48{area}555{number}",
        _words("Agnieszka Katarzyna Magdalena Ewa Tomasz Paweł Krzysztof Marcin Grzegorz Łukasz"),
        _words(
            "Kowalski Nowak Wiśniewska Wójcik Kamiński Zieliński Szymański Brzęczyszczykiewicz Mazur Krawczyk"
        ),
        _words("Wrocław Poznań Gdańsk Katowice Łódź Kraków"),
        ("Sp. z o.o.", "S.A."),
    ),
    Country(
        "IT",
        7,
        "it",
        "+39{area}555{number}",
        _words("Giulia Francesca Chiara Elena Marco Luca Davide Matteo Alessandro Paolo"),
        _words("Ferrari Bianchi Colombo Ricci Marino Greco Conti Galli Barbieri Rinaldi"),
        _words("Bologna Brescia Torino Bergamo Modena Verona"),
        ("S.r.l.", "S.p.A."),
    ),
    Country(
        "SE",
        2,
        "sv",
        "+46{area}555{number}",
        _words("Linnéa Elin Karin Åsa Johan Erik Mattias Henrik"),
        _words("Lindqvist Bergström Sandberg Åkesson Nyström Hedlund"),
        _words("Göteborg Västerås Linköping Malmö"),
        ("AB",),
    ),
    Country(
        "IN",
        4,
        "en-IN",
        "+91{area}555{number}",
        _words("Ananya Kavya Rohan Arjun Vikram Meera"),
        _words("Subramaniam Iyer Mehta Kulkarni Reddy Chatterjee"),
        _words("Pune Chennai Bengaluru"),
        ("Pvt Ltd",),
    ),
)
