# SPDX-License-Identifier: Apache-2.0
"""The words by which triage guesses an incident type, in English and Chinese, as data.

(type, English pattern, Chinese pattern), the telling ones first: of several types heard the first of
this table is taken, so that a flooded underpass is not merely a flooding. Patterns as in `lexicon`.
"""

from __future__ import annotations

from typing import Final

TYPE_WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "smoke_alarm",
        r"(?:smoke|fire) (?:alarm|detector)",
        r"烟感|烟雾报警|火灾报警器",
    ),
    (
        "lift",
        r"lift|elevator",
        r"电梯",
    ),
    (
        "flooding_underpass",
        (
            r"(?:underpass|tunnel|subway|under the bridge).{0,40}(?:flood|water|submerged)|flood(?:ed"
            r"|ing)?.{0,20}(?:underpass|tunnel)|water.{0,20}(?:underpass|tunnel|subway)"
        ),
        (
            r"(?:下穿|地下通道|隧道|涵洞|桥下|立交桥下?|地道).{0,12}(?:积水|淹|水深|进水|有水|全是水|都是水|水已经|水到|水没)|(?:积水|淹).{0,8}(?:下穿"
            r"|隧道|涵洞|桥下)"
        ),
    ),
    (
        "flooding_indoors",
        (
            r"(?:basement|house|home|flat|apartment|shop|cellar|garage|kitchen).{0,30}(?:flood\w*|full of water"
            r"|under water)|flood\w*.{0,12}(?:basement|house|home|flat|apartment|shop|cellar)"
            r"|water (?:is )?(?:coming|pouring) (?:in|into|through)"
        ),
        r"(?:家里|屋里|地下室|车库|店里|一楼|房间|厨房).{0,6}(?:进水|积水|淹|漫水)|水.{0,4}(?:进了屋|漫进|灌进|倒灌)",
    ),
    (
        "flooding",
        (
            r"flood\w*|standing water|under water|knee[- ]deep|waist[- ]deep|drains? (?:is |are )?(?:blocked"
            r"|clogged|overflow\w*)|manhole overflow\w*|catch ?basin"
        ),
        r"积水|内涝|水淹|被淹|淹了|水很深|水.{0,4}(?:膝盖|齐腰|到腰|到胸)|下水道.{0,3}(?:堵|冒)|排水|窨井.{0,4}(?:冒|溢)|水漫",
    ),
    (
        "tree_down",
        (
            r"(?:tree|branch(?:es)?|limb|trunk)s?.{0,24}(?:down|fell|fallen|collapsed|blocking|on (?:my|the"
            r"|a) (?:car|road|street|house|roof|wires?))|(?:fallen|downed|uprooted) (?:tree|branch|limb)s?"
            r"|tree emergenc(?:y|ies)"
        ),
        r"树(?:木|枝|干)?.{0,5}(?:倒|断|压|折)|倒.{0,2}(?:大)?树|大树.{0,4}(?:路|车)上",
    ),
    (
        "power_cut",
        (
            r"power(?: is| has been| went| has gone)? ?(?:out|off|cut|outage|failure)|no (?:power|electricity)"
            r"|black ?out|electricity (?:is )?(?:out|off)|lost (?:power|electricity)|power outage"
        ),
        r"停电|没有?电(?!梯|话|视|脑|动|池)|断电|跳闸|供电",
    ),
    (
        "water_off",
        (
            r"no (?:running |hot )?water|water (?:is )?(?:off|cut)|water main|burst (?:pipe|main)|(?:pipe"
            r"|main)s? (?:has )?(?:burst|broken|leak\w*)|water outage|low water pressure|hydrant.{0,12}leak\w*"
        ),
        r"停水|没有?水(?!平)|断水|爆管|水管.{0,3}(?:爆|破|裂|漏)|供水|自来水|水压",
    ),
    (
        "heating",
        r"no heat(?:ing)?|heat(?:ing)? (?:is )?(?:off|out|broken|not working)|radiators?|insufficient heat|boiler",
        r"暖气|供暖|供热|不热",
    ),
    (
        "roof_danger",
        (
            r"(?:roof|wall|chimney|hoarding|billboard|sign|cladding|scaffold\w*|tiles?|window|facade|awning).{0,20}(?:fall\w*"
            r"|loose|hanging|about to|unsafe|blown)|falling (?:debris|bricks|tiles|glass)"
        ),
        r"(?:广告牌|外墙|屋顶|墙皮|脚手架|围挡|玻璃|瓦片|招牌|雨棚).{0,6}(?:掉|坠|落|松|倒|摇|脱)|高空(?:坠物|抛物)",
    ),
    # After the things that fall (trees, signs, walls); who has fallen is told by other words, too.
    (
        "fall",
        r"fell(?: down)?(?: the)? (?:stairs|off|down)|(?:has|have) fallen|had a fall|slipped",
        r"摔倒|跌倒|摔下|滑倒|摔跤",
    ),
    (
        "pothole",
        (
            r"pot ?holes?|sidewalk repair|road (?:damage|surface|cave|repair)|sinkhole|pavement (?:broken|crack\w*"
            r"|damage\w*)|crack in the road|manhole cover|utility casting"
        ),
        r"坑洼|路面.{0,4}(?:破|坑|塌|裂|损|坏)|井盖|道路破损|人行道.{0,4}(?:破|坏|损)|路.{0,2}坑",
    ),
    (
        "street_light",
        r"street ?lights?|light ?pole|lamp ?post|street lamp|lights? (?:are |is )?out",
        r"路灯|街灯|照明灯|灯不亮",
    ),
    (
        "traffic_signal",
        (
            r"traffic (?:lights?|signals?)|signal (?:is )?(?:out|broken|repair)|red light (?:is )?(?:out|broken)"
            r"|pedestrian signal"
        ),
        r"红绿灯|信号灯|交通灯",
    ),
    (
        "bulky",
        (
            r"bulk(?:y)? (?:item|waste)|(?:sofa|mattress|couch|fridge|tv|television|furniture)s?.{0,16}(?:dump\w*"
            r"|pick ?up|left|abandon\w*|curb)|schedule a bulk"
        ),
        r"大件垃圾|(?:沙发|床垫|家具|冰箱).{0,6}(?:扔|丢|堆)",
    ),
    (
        "dirty_road",
        (
            r"street clean\w*|dirty (?:road|street|sidewalk)|litter|illegal dumping|debris (?:in"
            r"|on) (?:the )?(?:road|street)|sweep(?:ing)?|dead animal|empty litter"
        ),
        r"路面.{0,3}脏|扬尘|渣土|道路.{0,4}脏|清扫|环境卫生|卫生差|脏乱",
    ),
    (
        "rubbish",
        r"rubbish|garbage|trash|recycling|yard waste|missed (?:pick ?up|collection)|overflowing bin|dumpster|barrel",
        r"垃圾|废品",
    ),
    (
        "graffiti",
        r"graffiti|tagging|spray ?paint\w*|vandali\w+|poster",
        r"涂鸦|小广告|乱涂|乱贴",
    ),
    (
        "noise",
        r"noise|noisy|loud (?:music|party|neighbou?r\w*)|barking|construction at night",
        r"噪音|噪声|扰民|太吵|很吵|吵闹|广场舞|音响",
    ),
    (
        "parking",
        (
            r"(?:illegal(?:ly)?|double|bad(?:ly)?) park\w*|park(?:ed|ing)|block(?:ing|ed) (?:my )?(?:driveway"
            r"|garage|entrance)|abandoned (?:car|vehicle|bicycle)s?|towed"
        ),
        r"乱停|违停|违法停车|停车|占道|占用车位|僵尸车|挡住车库",
    ),
    (
        "snow",
        r"snow\w*|icy|ice on|black ice|plow\w*|unshovel\w*|slippery",
        r"积雪|结冰|冰面|扫雪|铲雪|路滑|雪没",
    ),
    (
        "illegal_burning",
        r"burning (?:leaves|rubbish|trash|garbage|straw|waste)|open burning|bonfire",
        r"焚烧(?:垃圾|秸秆|树叶)?|烧(?:垃圾|秸秆|树叶|荒)|露天烧",
    ),
    (
        "animal",
        (
            r"(?:stray|loose|aggressive|injured|dead|wild) (?:dog|cat|animal|bird|raccoon|fox)s?|dog bite"
            r"|bitten by|rats?|rodents?|pests?|bed ?bugs?|mice|snake|animal\w*"
        ),
        r"流浪[狗猫犬]|狗咬|咬人|老鼠|蟑螂|遛狗|恶犬|蛇|马蜂",
    ),
    (
        "housing",
        (
            r"mold|mould|damp|leaking (?:roof|ceiling)|landlord|unsatisfactory (?:living|utilities)|housing|tenant"
            r"|eviction|lead paint"
        ),
        r"漏水|渗水|发霉|物业|业主|房屋质量|开发商|房产证|交房|公积金|拆迁|安置|小区",
    ),
    (
        "building",
        (
            r"illegal construction|building (?:permit|works?|inspection)|construction (?:site|debris|work)"
            r"|unpermitted|zoning|contractor"
        ),
        r"违章建筑|违建|违法建设|工地|施工|私搭|搭建",
    ),
    (
        "market",
        r"overcharg\w*|refund|fake goods|expired food|scam|fraud|price|restaurant|food poisoning|unlicensed",
        r"退款|退费|假货|过期食品|诈骗|欺诈|价格|乱收费|消费|退款|传销|无证经营|食品",
    ),
    (
        "neighbour",
        r"neighbou?rs?.{0,20}(?:dispute|argu\w*|quarrel|fight|feud|threat\w*)",
        r"邻居.{0,6}(?:吵|争|纠纷|矛盾)|邻里",
    ),
    (
        "welfare",
        r"welfare check|check on (?:my|an?|the)|wellbeing|well-being|haven'?t (?:heard|seen)",
        r"查访|联系不上|没有?人应门|敲门.{0,4}没",
    ),
    (
        "park",
        (
            r"tree (?:prun\w*|maintenance|planting|removal|trim\w*)|playground|park (?:bench|maintenance|lights?)"
            r"|grass|weeds|overgrown|stump"
        ),
        r"绿化|修剪|草坪|公园|行道树|花坛",
    ),
    (
        "sign",
        (
            r"(?:stop|street|traffic|missing|no parking) signs?|sign (?:repair|missing|down|bent)|crosswalk"
            r"|lane marking|faded (?:lines|paint)"
        ),
        r"标志牌|指示牌|斑马线|标线|路牌",
    ),
    (
        "enquiry",
        (
            r"how (?:do|can) i|what time|opening hours|information (?:about|on)|question about|where can i"
            r"|general request"
        ),
        r"咨询|请问|怎么办理|如何办理|几点|办理.{0,6}(?:手续|流程)|政策",
    ),
)
