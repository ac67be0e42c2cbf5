# SPDX-License-Identifier: Apache-2.0
"""Names of the invented city, Chinese beside English; any likeness to a real address is chance."""

from __future__ import annotations

from typing import Final

Name = tuple[str, str, str]
"""(slug, English, Chinese)."""

NORTH: Final[tuple[Name, ...]] = (
    ("xizha", "West Sluice", "西闸"),
    ("liuyin", "Willow Shade", "柳荫"),
    ("zhonglou", "Bell Tower", "钟楼"),
    ("donggang", "East Harbour", "东港"),
)
SOUTH: Final[tuple[Name, ...]] = (
    ("nantang", "South Pond", "南塘"),
    ("tonghua", "Paulownia", "桐花"),
    ("shuyuan", "Academy", "书院"),
    ("shazhou", "Sandbar", "沙洲"),
)
"""Zones on either bank of the river, from west to east."""

RIVER: Final[Name] = ("yanhe", "Weir River", "堰河")

AVENUES: Final[tuple[Name, ...]] = (
    ("beihuan", "North Ring Road", "北环路"),
    ("qinghe", "Qinghe Avenue", "清禾大道"),
    ("chunhui", "Chunhui Avenue", "春晖大道"),
    ("zhenghe", "Zhenghe Street", "正和街"),
    ("yanbei", "North Embankment", "堰北滨江路"),
    ("yannan", "South Embankment", "堰南滨江路"),
    ("fuxing", "Fuxing Street", "福兴街"),
    ("mingde", "Mingde Avenue", "明德大道"),
    ("heping", "Heyun Street", "禾云街"),
    ("nanhuan", "South Ring Road", "南环路"),
)
"""Streets that run from west to east: the first half lies north of the river."""

ROADS: Final[tuple[Name, ...]] = (
    ("xishan", "Xishan Road", "西山路"),
    ("zhuxi", "Zhuxi Road", "竹溪路"),
    ("yinxing", "Ginkgo Road", "银杏路"),
    ("yuelai", "Yuelai Road", "悦来路"),
    ("tangwan", "Tangwan Road", "塘湾路"),
    ("gulou", "Old Drum Road", "老鼓路"),
    ("zhongxin", "Central Road", "中心路"),
    ("meilin", "Meilin Road", "梅林路"),
    ("haitang", "Crabapple Road", "海棠路"),
    ("matou", "Quay Road", "码头路"),
    ("yuchuan", "Fishing Boat Road", "渔船路"),
    ("donghai", "Seaview Road", "望海路"),
)
"""Roads that run from north to south, three a zone, from west to east."""

ESTATES: Final[tuple[tuple[str, str], ...]] = (
    ("Jade Court", "翠庭苑"),
    ("Riverside Gardens", "临江花园"),
    ("Morning Light", "晨光里"),
    ("Lotus Terrace", "荷风台"),
    ("Brickmakers' Yard", "砖厂新村"),
    ("Pine View", "松涛居"),
    ("Harmony Homes", "和顺家园"),
    ("Silver Pond", "银塘小区"),
)
"""Housing estates; each zone has all of them, told apart by the zone's name."""

SITES: Final[tuple[tuple[str, str, str, int, float], ...]] = (
    ("school", "Primary School", "小学", 2, 90.0),
    ("school", "Middle School", "中学", 1, 120.0),
    ("hospital", "Hospital", "医院", 1, 130.0),
    ("care_home", "Care Home", "养老院", 1, 60.0),
    ("market", "Market", "农贸市场", 2, 80.0),
    ("mall", "Mall", "购物中心", 1, 120.0),
    ("park", "Park", "公园", 1, 220.0),
    ("fire_station", "Fire Station", "消防站", 1, 40.0),
    ("police_station", "Police Station", "派出所", 1, 40.0),
    ("pump_station", "Pump Station", "泵站", 1, 40.0),
    ("substation", "Substation", "变电站", 1, 40.0),
    ("factory", "Works", "工厂", 1, 150.0),
    ("metro", "Metro Station", "地铁站", 2, 100.0),
)
"""(kind, English, Chinese, how many a zone, radius in metres)."""
