"""What companies, jobs, pages and mails are called in the demo, with how often each occurs."""

from leadapp.models import Seniority

# industry, weight, words for company names
INDUSTRIES = (
    ("Machinery", 14, ("Präzision", "Maschinenbau", "Fördertechnik", "Antriebe", "Werkzeug", "Hydraulik")),
    ("Automotive", 7, ("Motion", "Fahrzeugteile", "Drivetrain", "Karosserie", "Interieur")),
    ("Logistics", 8, ("Logistik", "Spedition", "Freight", "Cold Chain", "Cargo", "Transport")),
    ("Packaging", 8, ("Packaging", "Verpackung", "Folien", "Karton")),
    ("Chemicals", 5, ("Chemie", "Coatings", "Polymers", "Lacke")),
    ("Food", 9, ("Foods", "Bäckerei", "Molkerei", "Getränke")),
    ("Energy", 7, ("Energie", "Stadtwerke", "Windpark", "Netze")),
    ("Software", 6, ("Analytics", "Systems", "Digital", "Cloud", "Data")),
    ("Insurance", 6, ("Insurance", "Versicherung", "Assekuranz")),
    ("Health care", 9, ("Medizintechnik", "Pharma", "Klinik", "Diagnostics")),
    ("Retail", 10, ("Handel", "Market", "Outlet")),
    ("Construction", 9, ("Bau", "Stahlbau", "Construction", "Holzbau")),
    ("Education", 6, ("Akademie", "University", "Institut")),
    ("Public sector", 6, ("Landkreis", "Hafenamt", "Bauamt")),
)
# Who really buys. The model that ships knows neither packaging nor food, and thinks well of software:
# there is something to find for whoever looks at won and lost leads.
TARGET_INDUSTRIES = frozenset({"Machinery", "Automotive", "Logistics", "Packaging", "Chemicals", "Food"})
TARGET_COUNTRIES = frozenset({"DE", "AT", "CH", "NL", "BE"})

# What the gate to MQL that ships asks for: one of these, or the same in the company.
GATE_COUNTRIES = frozenset({"DE", "AT", "CH", "NL", "BE", "GB", "US", "FR", "SE"})
GATE_INDUSTRIES = frozenset({"Machinery", "Automotive", "Logistics", "Chemicals", "Software"})

COMPANY_STEMS = (
    "Vögele",
    "Northwick",
    "Waterland",
    "Nordhafen",
    "Zuiderzee",
    "Meridian",
    "Fenland",
    "Tallgrass",
    "Harcourt",
    "Albrecht",
    "Brenner",
    "Castell",
    "Dorn",
    "Eifel",
    "Falkner",
    "Gerlach",
    "Hagedorn",
    "Isar",
    "Jura",
    "Kestrel",
    "Lahn",
    "Marbach",
    "Neckar",
    "Ostsee",
    "Pfalz",
    "Quirin",
    "Rhön",
    "Solling",
    "Taunus",
    "Unstrut",
    "Vierland",
    "Wesel",
    "Xanten",
    "Ysel",
    "Zoller",
    "Amstel",
    "Börde",
    "Clavis",
    "Delta",
    "Emsland",
    "Förde",
    "Grimsel",
    "Harz",
    "Innwerk",
    "Kronen",
    "Lindau",
    "Maas",
    "Nordmark",
    "Oder",
    "Passau",
    "Rigi",
    "Saar",
    "Tessin",
    "Ulmer",
    "Vechte",
    "Weser",
    "Alpenblick",
    "Birkenfeld",
    "Corvey",
    "Danube",
    "Elbtal",
    "Foxley",
    "Glenmore",
    "Hansa",
    "Ironbridge",
    "Juniper",
    "Kinross",
    "Lakeside",
)

# title, seniority, weight; the same job has many names
TITLES = (
    ("Chief Executive Officer", Seniority.C_LEVEL, 2),
    ("Chief Operating Officer", Seniority.C_LEVEL, 3),
    ("Chief Technology Officer", Seniority.C_LEVEL, 3),
    ("Chief Digital Officer", Seniority.C_LEVEL, 2),
    ("Geschäftsführer", Seniority.C_LEVEL, 4),
    ("Managing Director", Seniority.C_LEVEL, 2),
    ("Owner", Seniority.OWNER, 3),
    ("VP Operations", Seniority.VP, 4),
    ("VP Manufacturing", Seniority.VP, 3),
    ("Director of Operations", Seniority.DIRECTOR, 4),
    ("Director Supply Chain", Seniority.DIRECTOR, 3),
    ("Head of Maintenance", Seniority.HEAD, 6),
    ("Head of Procurement", Seniority.HEAD, 3),
    ("Head of Production", Seniority.HEAD, 4),
    ("Leiter Instandhaltung", Seniority.HEAD, 4),
    ("Plant Manager", Seniority.MANAGER, 8),
    ("Maintenance Manager", Seniority.MANAGER, 9),
    ("Inkoopmanager", Seniority.MANAGER, 2),
    ("Operations Manager", Seniority.MANAGER, 6),
    ("IT Manager", Seniority.MANAGER, 5),
    ("Senior Process Engineer", Seniority.SENIOR, 6),
    ("Senior Controller", Seniority.SENIOR, 3),
    ("Projektleiterin Digitalisierung", Seniority.SENIOR, 4),
    ("Process Engineer", Seniority.STAFF, 14),
    ("Data Analyst", Seniority.STAFF, 9),
    ("Purchasing Specialist", Seniority.STAFF, 9),
    ("Maintenance Technician", Seniority.STAFF, 12),
    ("Office Assistant", Seniority.STAFF, 6),
    ("Marketing Consultant", Seniority.STAFF, 5),
)
STUDENT_TITLES = (
    "Student",
    "Student Maschinenbau",
    "Intern",
    "Praktikantin",
    "Student assistant",
    "PhD student",
)
FREE_MAIL = ("gmail.com", "gmx.de", "outlook.com", "web.de", "yahoo.com", "hotmail.com", "icloud.com")

# source, utm_medium, weight, how much intent it brings (added to the lead's interest)
SOURCES = (
    ("Website", "", 26, 0.3),
    ("Webinar", "webinar", 12, 0.5),
    ("Google Ads", "cpc", 16, 0.1),
    ("LinkedIn Ads", "paid_social", 12, -0.1),
    ("Newsletter", "email", 10, -0.2),
    ("Trade fair", "event", 9, 0.4),
    ("Partner", "referral", 7, 0.7),
    ("Content syndication", "syndication", 8, -0.8),
)
CAMPAIGNS = (
    "q1-downtime-calculator",
    "q2-hannover-fair",
    "q2-oee-benchmark",
    "q3-retrofit",
    "q3-spare-parts",
    "q4-predictive",
    "q4-energy-audit",
)

# path, title, weight when just looking, weight when seriously comparing
PAGES = (
    ("/", "Machine monitoring that pays for itself", 20, 6),
    ("/product", "Product", 12, 10),
    ("/product/integrations", "Integrations", 4, 12),
    ("/product/sap", "Works with SAP", 2, 9),
    ("/product/security", "Security", 1, 7),
    ("/pricing", "Pricing", 3, 20),
    ("/customers", "Customers", 5, 9),
    ("/customers/northern-gearworks", "How Northern Gearworks cut downtime", 3, 8),
    ("/blog/oee-explained", "OEE explained", 16, 2),
    ("/blog/predictive-maintenance-myths", "Five myths about predictive maintenance", 14, 3),
    ("/blog/retrofit-or-replace", "Retrofit or replace?", 10, 3),
    ("/docs/getting-started", "Getting started", 2, 6),
    ("/about", "About us", 5, 3),
    ("/contact", "Contact", 2, 5),
)
CAREERS = (("/careers", "Careers"), ("/careers/working-student", "Working student, data engineering"))

DOWNLOADS = (
    ("Predictive maintenance in 30 pages", "White paper"),
    ("OEE benchmark of 412 plants", "White paper"),
    ("Northern Gearworks", "Case study"),
    ("ROI sheet", "ROI sheet"),
    ("Retrofit checklist", "Checklist"),
)
WEBINARS = (
    "Predictive maintenance in practice",
    "From alarm to work order with SAP",
    "What downtime really costs",
    "Forecasting spare parts",
)
MAILS = (
    ("newsletter", "Machine letter: what 412 plants have in common"),
    ("newsletter", "Machine letter: the alarm nobody reads"),
    ("newsletter", "Machine letter: retrofit or replace?"),
    ("nurture-1", "Your downtime, in euros"),
    ("nurture-2", "How Northern Gearworks halved its alarms"),
    ("nurture-3", "15 minutes on your spare parts?"),
    ("spring-release", "Spring release: live OEE on one page"),
    ("autumn-release", "Autumn release: forecasts for spare parts"),
)
DEMO_MESSAGES = (
    "We compare three vendors before Christmas. Does it work with SAP?",
    "Two plants, about 60 machines. Please show us the alarm routing.",
    "We had four unplanned stops last month and need something quickly.",
    "Can we connect older Siemens S7 controls?",
    "Our board wants numbers by the end of the quarter.",
    "Looking for a pilot on one packaging line first.",
    "",
)
# Why deals were lost, and the code that reports count by.
LOSS_REASONS = {
    "Went with a competitor: price.": "competitor",
    "Went with a competitor: already in the group contract.": "competitor",
    "No budget this year; the project was cancelled.": "no_budget",
    "Machines too old, no controls to connect.": "bad_fit",
    "Never reached after five attempts.": "unreachable",
    "Only collecting material for a thesis.": "student",
    "Consultant, not a buyer.": "no_authority",
}
NURTURE_REASONS = (
    "Budget is planned for next year; ask again in January.",
    "Reorganisation, decision postponed by half a year.",
    "Interested, but tied to a contract until summer.",
    "Wants to see the next release first.",
)
NOTES = (
    "Talked at the fair, remembers the retrofit case.",
    "Prefers email in the morning; on the shop floor after ten.",
    "Two plants: one with SAP, one with a home-grown system.",
    "Works council must agree before data leave the plant.",
    "Asked twice about the notice period.",
    "Decision is made by three people, IT is the sceptical one.",
    "Would start with one line and twelve machines.",
    "Knows the product from the former employer.",
)
TASKS = (
    "Send the SAP one-pager",
    "Call again about the pilot line",
    "Prepare the ROI sheet with their numbers",
    "Ask procurement for the vendor form",
    "Invite to the spare parts webinar",
    "Check whether the S7 controls are supported",
)
BANT_VALUES = {
    "budget": ("€40,000 to €60,000", "€60,000 to €80,000, in the plan for next year",
               "€120,000 for both plants"),
    "authority": ("Decides with the CFO", "Decides alone up to €50,000", "Board decides, she prepares it",
                  "Plant manager signs"),
    "need": ("Four unplanned stops a month", "Alarm flood, 900 a day", "Spare parts cost 8 % too much",
             "Insurer asks for monitoring"),
    "timeline": ("Start in the first quarter", "Pilot within six weeks", "Before the summer shutdown",
                 "Order by the end of the quarter"),
}  # fmt: skip
# What forms are answered; the form lists what rules it out.
FORM_ANSWERS = {
    "budget": ("€50,000", "Up to €100,000", "€20,000", "No budget"),
    "timeline": ("This quarter", "Within six months", "Next year", "Just looking"),
}
ALSO_HEARD = {
    "pain_points": ("The night shift cannot see alarms", "Spare parts are ordered too late"),
    "urgency": ("The insurer's deadline is in March", "The old system is switched off next year"),
    "competition": ("Compares three vendors, prefers us", "Has an offer from a large vendor"),
}
RULED_OUT = {
    "budget": "No money before next year",
    "authority": "Only gathers information",
    "need": "Has a similar system already",
    "timeline": "Not within two years",
}
PRODUCTS = (
    ("Monitoring Starter", 9_000, 24_000),
    ("Monitoring Plant", 28_000, 85_000),
    ("Monitoring Group", 90_000, 240_000),
)
SERVICES = (
    ("Training for two shifts", 1_800, 6_000),
    ("Monitoring Starter, second line", 9_000, 20_000),
    ("Spare parts forecast", 4_000, 12_000),
)
# How customers became fans and references, each with a note.
ADVOCATES = (
    (("fan", "Posted about the pilot"),),
    (("fan", "Recommended us at the user meeting"), ("reference", "Takes calls from prospects")),
    (("reference", "May be named; not in December"),),
)
