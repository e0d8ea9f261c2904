"""Codes judged by reading them: the first field must be one that someone of the trade accepts.

Written down from the headings of the classifications alone, class by class; several fields are
accepted where the catalogue has several for it, and none where it has none.
"""

from __future__ import annotations

import pytest

from clusterloom.entities.catalogue import read_catalogue
from clusterloom.entities.concordance import fields_of_code

FIELDS = {row["field_id"] for row in read_catalogue().rows("field")}

# code, then the fields that are right as the first; none: outside the catalogue or in no one field
NACE = """\
01.11 crop-science-breeding agriculture
01.16 flax crop-science-breeding
01.47 animal-husbandry-veterinary
02.20 forest-growing
03.22 aquaculture-fisheries
05.10 mining-geology
06.10 oil-gas-extraction
08.92 peat-solid-biofuels
08.93 mining-potash
10.13 dairy-meat
10.51 dairy-meat
10.71 food-processing-technology
10.91 animal-feed
11.05 beverages
12.00
13.20 textiles
14.13 clothing
15.20 footwear-leather
16.10 woodworking-furniture
17.12 pulp-paper
18.12 media-printing
19.10 chemistry metallurgy
19.20 petrochemistry-refining
20.11 inorganic-chemistry
20.15 fertilisers
20.20 plant-protection
20.51 chemistry
20.60 chemical-fibres
21.20 medicines-production pharmaceuticals
22.11 rubber-elastomers
22.22 polymers-plastics
23.11 construction-glass-glazing
23.51 building-materials
24.10 iron-steel
24.42 non-ferrous-metallurgy
24.46 nuclear-technology nuclear-power-safety
24.51 foundry-casting
25.40 defence-systems
25.61 protective-coatings-surface-engineering metal-forming-heat-treatment
25.62 precision-machining-motion machine-tools
25.71 mechanical-engineering metal-forming-heat-treatment
25.72 mechanical-engineering metal-forming-heat-treatment
25.73 machine-tools
25.91 metal-forming-heat-treatment mechanical-engineering
25.99 mechanical-engineering metal-forming-heat-treatment
26.11 electronics integrated-circuits electronic-modules
26.20 supercomputing electronics
26.51 instruments-measurement metrology
26.60 medical-devices medical-imaging medical-lasers-physiotherapy
26.70 optical-instruments photonics-optics
27.11 electric-machines-transformers
27.20 energy-storage
27.31 optical-communication
27.40 lighting
27.51 refrigeration-household-appliances
28.15 bearings-gears
28.22 lifting-construction-machinery
28.30 farm-machinery
28.91 mechanical-engineering metallurgy foundry-casting
28.93 food-processing-technology mechanical-engineering
28.94 mechanical-engineering light-industry textiles
28.95 mechanical-engineering pulp-paper
28.96 mechanical-engineering polymers-plastics
29.10 passenger-cars transport-vehicles trucks-buses
29.31 automotive-electronics
30.11 shipbuilding
30.20 rail-vehicles
30.30 space-aviation aircraft
31.01 woodworking-furniture
32.50 medical-devices
33.12 mechanical-engineering
33.13 electronics instruments-measurement
33.14 electric-machines-transformers
33.16 aircraft
35.11 power-plants-grids
36.00 water-treatment
38.21 waste-recycling
41.20 construction civil-engineering-contracting
42.11 road-infrastructure-its
43.11 civil-engineering-contracting construction
45.20 transport-vehicles passenger-cars
46.62 trade-export-promotion
49.41 transport-logistics
55.10 tourism
58.11 media-printing
58.29 software-engineering
61.20 mobile-networks telecommunications
62.01 software-engineering
62.02 information-systems software-engineering consulting-engineering-contracting
63.11 information-systems supercomputing
64.19 bank-lending
66.30 finance-investment venture-capital
69.10 law
70.22 consulting-engineering-contracting
71.12 consulting-engineering-contracting
71.20 certification-testing
72
72.11 biotechnology
72.19
72.20 social-sciences-humanities
78.20
85.42 education-training
86.10 clinical-trials-hospitals medicine
88.10
92.00
95.11 electronics mathematics-computing
97.00
99.00
"""
NACE21 = """\
12.00
26.20 supercomputing electronics
28.97 additive-manufacturing
35.12 renewable-energy
62.10 software-engineering
72.10
92.00
95.31 transport-vehicles passenger-cars
"""
ISIC = """\
0141 animal-husbandry-veterinary
0892 peat-solid-biofuels
1200
2011 inorganic-chemistry chemistry organic-fine-chemicals
2592 metal-forming-heat-treatment protective-coatings-surface-engineering
2610 electronics integrated-circuits electronic-modules
2825 food-processing-technology mechanical-engineering
5820 software-engineering
6201 software-engineering
7210
7820
9200
"""
NAICS = """\
111920 crop-science-breeding
213111 oil-gas-extraction
221114 renewable-energy
312230
325412 medicines-production pharmaceuticals
333242 semiconductor-equipment
334413 integrated-circuits discrete-power-semiconductors
336120 trucks-buses
336411 aircraft
513210 software-engineering
541511 software-engineering
541714 biotechnology
541715
561320
713210
814110
"""
IPC = """\
A01B farm-machinery
A24B
A61B medical-devices patient-monitoring-ultrasound
A61K pharmaceuticals medicines-production
A99Z
B30B metal-forming-heat-treatment mechanical-engineering
B33Y additive-manufacturing
B60L electric-vehicles-traction
C06B chemistry defence-systems
C21C iron-steel
E05B construction mechanical-engineering
F02B engines-powertrains
G06N machine-learning artificial-intelligence
G11C integrated-circuits electronics
G99Z
H01L integrated-circuits semiconductor-equipment electronics
H01M energy-storage hydrogen-fuel-cells
H01S laser-technology
H04W mobile-networks
H99Z
Y02E renewable-energy
"""
SCHEMES = {"nace": NACE, "nace21": NACE21, "isic": ISIC, "naics": NAICS, "ipc": IPC}
JUDGED = [
    (scheme, *line.split(maxsplit=1)) for scheme, lines in SCHEMES.items()
    for line in lines.splitlines()
]  # fmt: skip


def test_the_judged_fields_are_fields_of_the_catalogue():
    assert len(JUDGED) > 120
    assert {name for _, _, *fields in JUDGED for name in " ".join(fields).split()} <= FIELDS


@pytest.mark.parametrize("judged", JUDGED, ids=lambda one: f"{one[0]} {one[1]}")
def test_the_first_field_is_one_that_someone_of_the_trade_accepts(judged):
    scheme, code, *fields = judged
    reading = fields_of_code(scheme, code)
    if not fields:
        assert (reading.status, reading.shares) == ("no_field", ())
    else:
        assert reading.status == "exact"
        assert reading.shares[0].field_id in fields[0].split()
