# SPDX-License-Identifier: Apache-2.0
"""The claims triage listens for, in English and Chinese, as data.

`CLAIMS`: what a report can claim: code → severity [0, 1], priority (0 = none by itself), incident
type it speaks for ("" = none). `CLAIM_WORDS`: (code, English pattern, Chinese
pattern); patterns are regular expressions on normalised words (lower case, NFKC). English ones
stand between word borders.
"""

from __future__ import annotations

from typing import Final

CLAIMS: Final[dict[str, tuple[float, int, str]]] = {
    "not_breathing": (1.0, 1, "not_breathing"),
    "fire_people": (0.98, 1, "fire"),
    "drowning": (0.97, 1, "drowning"),
    "explosion": (0.95, 1, "explosion"),
    "collapse": (0.95, 1, "collapse"),
    "unconscious": (0.95, 1, "not_breathing"),
    "water_trapped": (0.95, 1, "trapped"),
    "violence": (0.93, 1, "violence"),
    "gas": (0.92, 1, "gas"),
    "fire": (0.85, 2, "fire"),
    "bleeding": (0.85, 2, "injury"),
    "chest_pain": (0.85, 2, "medical"),
    "live_wire": (0.8, 2, "live_wire"),
    "missing_child": (0.8, 2, "missing_child"),
    "trapped": (0.8, 2, "trapped"),
    "birth": (0.75, 2, "medical"),
    "injury": (0.75, 2, "injury"),
    "crash": (0.7, 2, "crash"),
    "help": (0.7, 2, ""),
    "smoke": (0.65, 2, "smoke"),
    "lift_trapped": (0.5, 3, "lift"),
    "ambulance_blocked": (0.55, 3, ""),
    "elderly_alone": (0.45, 3, "welfare"),
    "elderly": (0.0, 0, ""),
    "child": (0.0, 0, ""),
    "pregnant": (0.0, 0, ""),
    "disabled": (0.0, 0, ""),
    "hospital": (0.0, 0, ""),
    "school": (0.0, 0, ""),
    "people_inside": (0.0, 0, ""),
    "another_person": (0.0, 0, ""),
}

VULNERABLE: Final[dict[str, float]] = {
    "elderly_alone": 0.6,
    "elderly": 0.4,
    "child": 0.5,
    "pregnant": 0.5,
    "disabled": 0.5,
    "hospital": 0.6,
    "school": 0.4,
}

COMPOSED: Final[tuple[tuple[str, frozenset[str], frozenset[str]], ...]] = (
    # claim made when all of the first and any of the second set are claimed or typed
    ("fire_people", frozenset({"fire"}), frozenset({"trapped", "people_inside", "lift_trapped"})),
    ("water_trapped", frozenset({"trapped"}), frozenset({"flooding", "flooding_underpass", "flooding_indoors"})),
)

CLAIM_WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "not_breathing",
        (
            r"not breathing|isn'?t breathing|is ?n'?t breathing|no longer breathing|stopped breathing"
            r"|can'?t breathe|cannot breathe|no pulse|no heartbeat|cardiac arrest|choking|turning blue"
        ),
        (
            r"没有?呼吸|没了呼吸|停止呼吸|呼吸停|不呼吸|无呼吸|喘不[上过]气|呼吸困难|心跳停|心脏骤停|没有?心跳"
            r"|没有?脉搏|噎住|窒息"
        ),
    ),
    (
        "unconscious",
        r"unconscious|unresponsive|passed out|won'?t wake(?: up)?|not responding|not conscious|overdosed?|fainted",
        r"昏迷|不省人事|失去意识|没有?意识|叫不醒|晕倒|昏倒|晕过去",
    ),
    (
        "drowning",
        r"drowning|drowned|drowns|fell (?:in|into) the (?:river|water|lake|canal)|swept away",
        r"溺水|落水|掉(?:进|到|入)(?:了)?(?:河|水|湖|江)[里中]?|被(?:水|洪水)冲走|跳河",
    ),
    (
        "violence",
        (
            r"stabb(?:ed|ing)|shooting|shots fired|gunshots?|gunman|has a (?:gun|knife)|with a (?:gun|knife)"
            r"|robbery|robbed|assault(?:ed|ing)?|attack(?:ed|ing)|beating (?:him|her|me|someone|a|up)|being beaten"
            r"|hitting (?:him|her|me|his|my)|rape[d]?|kill (?:me|him|her)|suicid(?:e|al)"
        ),
        r"打人|被打|砍人|持刀|捅[了伤人]|动刀|抢劫|行凶|枪击|开枪|家暴|殴打|强奸|杀人|自杀|跳楼|轻生|绑架",
    ),
    (
        "gas",
        (
            r"gas leak(?:ing|s)?|smell(?:s|ing)?(?: of| strongly of| like)? gas|gas smell|leaking gas"
            r"|carbon monoxide|odor of gas|odour of gas"
        ),
        (
            r"燃气泄漏|煤气泄漏|天然气泄漏|漏气|[燃煤]气味|天然气味|煤气中毒|一氧化碳|闻到.{0,4}(?:燃气|煤气"
            r"|天然气)|瓦斯"
        ),
    ),
    (
        "explosion",
        r"explo(?:sion|ded|ding|des)|blew up|blast",
        r"爆炸|炸了",
    ),
    (
        "collapse",
        (
            r"(?:building|house|wall|bridge|roof|scaffold(?:ing)?|floor)(?: has| have| just| is"
            r"| was)? ?(?:collaps(?:ed|ing|e)|caved in|fell down)|building collapse"
        ),
        r"倒塌|垮塌|坍塌|塌了|塌方",
    ),
    (
        "fire",
        (
            r"(?<!under )(?<!camp )fires?(?! ?(?:hydrant|station|lane|alarm|truck|works|fighter|department|escape"
            r"|door|drill|place|engine|extinguisher|exit|code|safety))|flames|burning|ablaze|burnt down"
            r"|burns? down"
        ),
        r"着火|起火|失火|火灾|大火|火势|冒火|明火|燃烧|火苗|烧起来|烧着|燃起",
    ),
    (
        "smoke",
        r"(?<!no )smoke(?! ?(?:alarm|detector|free|shop))|smok(?:y|ing) (?:building|car|roof|window)",
        r"冒烟|浓烟|烟雾(?!报警)|黑烟|大烟|有烟",
    ),
    (
        "live_wire",
        (
            r"(?:power ?lines?|electric(?:al)? (?:wires?|lines?|cables?)|live wires?|wires?|cables?)(?: is| are"
            r"| has| have| fell| came| lying)? (?:down|fallen|sparking|on the (?:road|street|ground|sidewalk))"
            r"|downed (?:power ?)?(?:lines?|wires?)|live wires?|sparking wires?|electrocuted|electric shock"
        ),
        r"电线(?:掉|断|落|垂|脱)|高压线|漏电|触电|带电|电线.{0,3}(?:冒火花|打火)|火花",
    ),
    (
        "missing_child",
        (
            r"(?:missing|lost|can'?t find|cannot find)(?: a| my| our| the)? (?:little |young |\d+ ?(?:-"
            r"| )?year ?(?:-| )?old )?(?:child|son|daughter|kid|boy|girl|toddler|baby)|(?:child|boy|girl|kid"
            r"|toddler|son|daughter) (?:is |has gone |went |gone )?missing|child abduct(?:ed|ion)|kidnapp(?:ed"
            r"|ing)"
        ),
        (
            r"(?:孩子|小孩|儿童|女儿|儿子|男孩|女孩|小朋友|宝宝)(?:.{0,4})(?:走失|失踪|不见了|走丢|丢了|找不到)"
            r"|(?:走失|失踪|走丢|找不到).{0,4}(?:孩子|小孩|儿童|女儿|儿子|男孩|女孩|小朋友)|拐卖|拐走"
        ),
    ),
    (
        "trapped",
        (
            r"trapped|stuck (?:inside|in (?:the |a |my )?(?:car|house|building|room|water|basement|flat|apartment"
            r"|underpass))|can'?t get out|cannot get out|pinned under|buried"
        ),
        r"被困|困在|困住|出不来|被埋|被压|压在.{0,4}下面|逃不出",
    ),
    (
        "lift_trapped",
        (
            r"(?:trapped|stuck) in (?:the |a |an )?(?:lift|elevator)|(?:lift|elevator).{0,30}(?:trapped|stuck"
            r"|people inside)"
        ),
        r"困在?(?:了)?电梯|电梯困人|电梯.{0,8}(?:被困|困住|出不来|关人)|关在电梯",
    ),
    (
        "bleeding",
        r"bleed(?:ing|s)?|blood everywhere|lots of blood|losing blood",
        r"流血|出血|大量血|血流|满地.{0,2}血",
    ),
    (
        "chest_pain",
        r"chest pains?|heart attack|stroke|seizure|convulsions?|allergic reaction|anaphyla\w+",
        r"胸痛|胸口疼|心脏病|心梗|中风|脑梗|抽搐|癫痫|过敏性休克",
    ),
    (
        "birth",
        r"in labou?r|giving birth|water broke|baby is coming",
        r"要生了|临产|分娩|羊水破",
    ),
    (
        "injury",
        (
            r"injur(?:y|ies|ed)|hurt|wounded|broken (?:leg|arm|hip|bone)|casualt(?:y|ies)|burned|burnt|scalded"
            r"|hit by (?:a|the) (?:car|bus|truck|bike)|unable to move|can'?t move|run over"
        ),
        r"受伤|伤者|伤员|重伤|轻伤|骨折|烫伤|烧伤|摔伤|撞伤|伤得|不能动|动不了|被撞|撞了人|撞到人",
    ),
    (
        "crash",
        (
            r"(?:car|traffic|bike|bus|truck|motorcycle|vehicle)s? (?:crash|accident|collision|pile-?up)"
            r"|crash(?:ed)?(?! course)|collided|collision|overturned|rear-?ended|rollover|pile-?up"
        ),
        r"车祸|交通事故|撞车|追尾|相撞|碰撞|翻车|侧翻|连环撞|肇事",
    ),
    (
        "ambulance_blocked",
        (
            r"ambulance (?:is |are )?(?:blocked|stuck|can'?t (?:get|pass))|block(?:s|ing|ed) (?:the "
            r"|an )?(?:ambulance|fire (?:lane|engine|truck))"
        ),
        r"(?:救护车|消防车).{0,6}(?:过不去|进不[来去]|堵|挡)|(?:堵|占).{0,3}(?:消防通道|生命通道)",
    ),
    (
        "help",
        (
            r"help me|help us|somebody help|someone help|please help.{0,20}(?:dying|die|emergency)|is dying"
            r"|going to die|emergency!|mayday|sos"
        ),
        r"救命|救救|快死了|要死了|快不行了",
    ),
    (
        "elderly_alone",
        (
            r"(?:elderly|old) (?:man|woman|lady|neighbou?r|person|mother|father).{0,40}(?:alone|not seen|no answer"
            r"|hasn'?t been seen)|lives? alone.{0,30}(?:not|hasn'?t|haven'?t)"
        ),
        r"独居老人|独居.{0,6}老|老人.{0,6}(?:独居|一个人住|独自)|空巢老人|孤寡老人",
    ),
    (
        "elderly",
        r"elderly|old (?:man|woman|lady|people)|grand(?:ma|pa|mother|father)|[789]\d(?: |-)year(?: |-)old",
        r"老人|老年人|老太|老大爷|奶奶|爷爷|[七八九]十.?岁|[789]\d岁",
    ),
    (
        "child",
        r"child(?:ren)?|kids?|bab(?:y|ies)|toddlers?|infant|newborn|little (?:boy|girl)",
        r"孩子|小孩|儿童|婴儿|幼儿|宝宝|小朋友|新生儿",
    ),
    (
        "pregnant",
        r"pregnant|expecting a baby",
        r"孕妇|怀孕",
    ),
    (
        "disabled",
        r"wheelchair|disabled|blind|deaf|oxygen machine|ventilator|dialysis|bedridden",
        r"残疾|轮椅|盲人|聋哑|呼吸机|制氧机|透析|卧床",
    ),
    (
        "hospital",
        r"hospital|clinic|nursing home|care home",
        r"医院|诊所|养老院|敬老院|护理院",
    ),
    (
        "school",
        r"school|kindergarten|nursery|daycare",
        r"学校|小学|中学|幼儿园|托儿所",
    ),
    (
        "people_inside",
        (
            r"(?:people|someone|somebody|person|family|child(?:ren)?|kids?|mother|father|man|woman|tenants?"
            r"|residents?)(?: is| are| still| may be| might be)* (?:inside|in there|upstairs|on the (?:roof"
            r"|balcony|\w+ floor))"
        ),
        r"(?:里面|屋里|楼上|室内|家里|车里)(?:还)?有人|有人在(?:里面|屋里|楼上)|人(?:还)?(?:在|没)(?:里面|出来)",
    ),
    (
        "another_person",
        (
            r"another (?:person|man|woman|child|victim|one|injured)|second (?:person|victim|man|woman|child)"
            r"|someone else|more (?:people|victims) (?:hurt|injured|trapped)|also (?:hurt|injured|trapped"
            r"|bleeding)"
        ),
        (
            r"另(?:外)?(?:一|还有)?(?:个)?(?:人|伤者|名)|还有(?:一)?(?:个)?(?:人|伤者|老人|孩子|名)|第二个(?:人"
            r"|伤者)|又有(?:一)?(?:个)?人"
        ),
    ),
)
