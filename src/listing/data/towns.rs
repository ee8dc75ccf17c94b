use crate::listing::place::Nation::{self, England, NorthernIreland, Scotland, Wales};

/// A town in which properties are listed.
#[derive(Debug, PartialEq)]
pub(in crate::listing) struct Town {
    pub(in crate::listing) name: &'static str,
    pub(in crate::listing) county: &'static str,
    pub(in crate::listing) region: &'static Region,
    /// Outward codes that lie in it.
    pub(in crate::listing) outward: &'static [&'static str],
    /// About its middle, in hundredths of a degree north and east.
    pub(in crate::listing) middle: (i32, i32),
}

/// A part of the country with prices of its own.
#[derive(Debug, PartialEq)]
pub(in crate::listing) struct Region {
    pub(in crate::listing) nation: Nation,
    /// About what a three-bedroom house costs, in thousands of pounds.
    pub(in crate::listing) thousands: u32,
}

const fn region(nation: Nation, thousands: u32) -> Region {
    Region { nation, thousands }
}

const LONDON: Region = region(England, 640);
const SOUTH_EAST: Region = region(England, 420);
const SOUTH_WEST: Region = region(England, 330);
const EAST: Region = region(England, 350);
const MIDLANDS: Region = region(England, 255);
const NORTH_WEST: Region = region(England, 235);
const YORKSHIRE: Region = region(England, 225);
const NORTH_EAST: Region = region(England, 180);
const CYMRU: Region = region(Wales, 225);
const ALBA: Region = region(Scotland, 220);
const ULSTER: Region = region(NorthernIreland, 190);

const fn town(
    name: &'static str,
    county: &'static str,
    region: &'static Region,
    outward: &'static [&'static str],
    middle: (i32, i32),
) -> Town {
    Town { name, county, region, outward, middle }
}

/// The towns, each with districts of the postcode area that it has in truth.
pub(in crate::listing) const TOWNS: &[Town] = &[
    town("London", "Greater London", &LONDON, &["SE1", "SW4", "N8", "E3", "NW5", "W3", "SW1V", "EC1V"], (5151, -12)),
    town("Croydon", "Greater London", &LONDON, &["CR0", "CR2"], (5137, -10)),
    town("Kingston upon Thames", "Greater London", &LONDON, &["KT1", "KT2"], (5141, -30)),
    town("Bromley", "Greater London", &LONDON, &["BR1", "BR2"], (5140, 2)),
    town("Brighton", "East Sussex", &SOUTH_EAST, &["BN1", "BN2"], (5083, -14)),
    town("Oxford", "Oxfordshire", &SOUTH_EAST, &["OX1", "OX2", "OX3", "OX4"], (5175, -126)),
    town("Reading", "Berkshire", &SOUTH_EAST, &["RG1", "RG2", "RG4", "RG30"], (5145, -97)),
    town("Canterbury", "Kent", &SOUTH_EAST, &["CT1", "CT2"], (5128, 108)),
    town("Guildford", "Surrey", &SOUTH_EAST, &["GU1", "GU2"], (5124, -57)),
    town("Southampton", "Hampshire", &SOUTH_EAST, &["SO14", "SO15", "SO16", "SO17"], (5091, -140)),
    town("Bristol", "Bristol", &SOUTH_WEST, &["BS1", "BS3", "BS5", "BS6", "BS7"], (5145, -259)),
    town("Bath", "Somerset", &SOUTH_WEST, &["BA1", "BA2"], (5138, -236)),
    town("Exeter", "Devon", &SOUTH_WEST, &["EX1", "EX2", "EX4"], (5072, -353)),
    town("Plymouth", "Devon", &SOUTH_WEST, &["PL1", "PL3", "PL4"], (5037, -414)),
    town("Truro", "Cornwall", &SOUTH_WEST, &["TR1"], (5026, -505)),
    town("Swindon", "Wiltshire", &SOUTH_WEST, &["SN1", "SN2", "SN25"], (5156, -178)),
    town("Cambridge", "Cambridgeshire", &EAST, &["CB1", "CB2", "CB4"], (5220, 12)),
    town("Norwich", "Norfolk", &EAST, &["NR1", "NR2", "NR3"], (5263, 130)),
    town("Ipswich", "Suffolk", &EAST, &["IP1", "IP2", "IP3", "IP4"], (5206, 115)),
    town("Colchester", "Essex", &EAST, &["CO1", "CO2", "CO3", "CO4"], (5189, 90)),
    town("St Albans", "Hertfordshire", &EAST, &["AL1", "AL3"], (5175, -34)),
    town("Birmingham", "West Midlands", &MIDLANDS, &["B5", "B13", "B14", "B17", "B29"], (5248, -190)),
    town("Coventry", "West Midlands", &MIDLANDS, &["CV1", "CV3", "CV5", "CV6"], (5241, -151)),
    town("Nottingham", "Nottinghamshire", &MIDLANDS, &["NG1", "NG3", "NG5", "NG7"], (5295, -115)),
    town("Leicester", "Leicestershire", &MIDLANDS, &["LE1", "LE2", "LE3", "LE5"], (5264, -113)),
    town("Derby", "Derbyshire", &MIDLANDS, &["DE1", "DE22", "DE23"], (5292, -148)),
    town("Shrewsbury", "Shropshire", &MIDLANDS, &["SY1", "SY2", "SY3"], (5271, -275)),
    town("Manchester", "Greater Manchester", &NORTH_WEST, &["M1", "M4", "M14", "M20", "M21"], (5346, -224)),
    town("Liverpool", "Merseyside", &NORTH_WEST, &["L1", "L8", "L15", "L17", "L18"], (5340, -295)),
    town("Preston", "Lancashire", &NORTH_WEST, &["PR1", "PR2"], (5376, -270)),
    town("Chester", "Cheshire", &NORTH_WEST, &["CH1", "CH2", "CH3"], (5319, -289)),
    town("Carlisle", "Cumbria", &NORTH_WEST, &["CA1", "CA2", "CA3"], (5489, -293)),
    town("Leeds", "West Yorkshire", &YORKSHIRE, &["LS1", "LS6", "LS7", "LS8", "LS11", "LS17"], (5381, -155)),
    town("Sheffield", "South Yorkshire", &YORKSHIRE, &["S1", "S6", "S7", "S10", "S11"], (5338, -147)),
    town("York", "North Yorkshire", &YORKSHIRE, &["YO1", "YO10", "YO24", "YO31"], (5396, -108)),
    town("Hull", "East Riding of Yorkshire", &YORKSHIRE, &["HU1", "HU3", "HU5"], (5375, -34)),
    town("Newcastle upon Tyne", "Tyne and Wear", &NORTH_EAST, &["NE1", "NE2", "NE3", "NE6"], (5498, -161)),
    town("Durham", "County Durham", &NORTH_EAST, &["DH1"], (5478, -158)),
    town("Sunderland", "Tyne and Wear", &NORTH_EAST, &["SR1", "SR2", "SR4"], (5490, -138)),
    town("Cardiff", "South Glamorgan", &CYMRU, &["CF5", "CF10", "CF11", "CF14", "CF24"], (5148, -318)),
    town("Swansea", "West Glamorgan", &CYMRU, &["SA1", "SA2", "SA3"], (5162, -394)),
    town("Newport", "Gwent", &CYMRU, &["NP19", "NP20"], (5159, -300)),
    town("Bangor", "Gwynedd", &CYMRU, &["LL57"], (5323, -413)),
    town("Aberystwyth", "Ceredigion", &CYMRU, &["SY23"], (5242, -408)),
    town("Edinburgh", "Midlothian", &ALBA, &["EH3", "EH6", "EH7", "EH9", "EH10"], (5595, -319)),
    town("Glasgow", "Lanarkshire", &ALBA, &["G3", "G11", "G12", "G31", "G41"], (5586, -425)),
    town("Aberdeen", "Aberdeenshire", &ALBA, &["AB10", "AB15", "AB24", "AB25"], (5715, -211)),
    town("Inverness", "Inverness-shire", &ALBA, &["IV2", "IV3"], (5747, -423)),
    town("Stornoway", "Isle of Lewis", &ALBA, &["HS1", "HS2"], (5821, -639)),
    town("Dundee", "Angus", &ALBA, &["DD1", "DD2", "DD3", "DD4"], (5646, -297)),
    town("Belfast", "County Antrim", &ULSTER, &["BT4", "BT5", "BT7", "BT9", "BT15"], (5460, -593)),
    town("Londonderry", "County Londonderry", &ULSTER, &["BT47", "BT48"], (5500, -732)),
    town("Bangor", "County Down", &ULSTER, &["BT19", "BT20"], (5465, -567)),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The postcode areas of each nation in which we list; no area stands under two.
    const AREAS: &[(Nation, &[&str])] = &[
        (Scotland, &["EH", "G", "AB", "IV", "HS", "DD"]),
        (Wales, &["CF", "SA", "NP", "LL"]),
        (NorthernIreland, &["BT"]),
    ];

    #[test]
    fn every_district_lies_in_the_nation_of_its_town() {
        for town in TOWNS {
            for outward in town.outward {
                let area: String = outward.chars().take_while(char::is_ascii_alphabetic).collect();
                let owner = AREAS.iter().find(|(_, areas)| areas.contains(&area.as_str())).map_or(England, |row| row.0);
                // SY lies on both sides of the border; its districts from 15 to 25 are Welsh.
                let owner = if *outward == "SY23" { Wales } else { owner };
                assert_eq!(town.region.nation, owner, "{outward} in {}", town.name);
            }
        }
    }

    #[test]
    fn no_district_lies_in_two_towns_and_every_middle_in_its_nation() {
        let mut all: Vec<&str> = TOWNS.iter().flat_map(|town| town.outward).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for town in TOWNS {
            let (north, east) = town.middle;
            let (norths, easts) = match town.region.nation {
                England => (5000..5520, -550..180),
                Wales => (5140..5345, -520..-265),
                Scotland => (5465..6085, -760..-75),
                NorthernIreland => (5400..5530, -820..-540),
            };
            assert!(norths.contains(&north) && easts.contains(&east), "{}", town.name);
        }
    }
}
