# SPDX-License-Identifier: Apache-2.0
"""Every sentence of the command line in English and Chinese, under one key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal

from weirhouse.cli.chinese import EMBEDDED
from weirhouse.embedded.errors import Sentence

Language = Literal["en", "zh"]

CATALOGUE: Final[dict[str, tuple[str, str]]] = {
    # progress
    "stores": ("Starting Kafka and PostgreSQL …", "正在启动 Kafka 与 PostgreSQL……"),
    "stores-ready": ("Kafka and PostgreSQL run ({seconds:.1f} s)", "Kafka 与 PostgreSQL 已就绪（{seconds:.1f} 秒）"),
    "migrated": ("Schema {schema}: {count} migrations run", "库结构 {schema}：执行迁移 {count} 个"),
    "topics-made": ("Topics: {made} made, {total} in all", "主题：新建 {made} 个，共 {total} 个"),
    "city-loaded": (
        "City {city}: {zones} zones, {places} places, {sources} sources, {teams} teams",
        "城市 {city}：责任片区 {zones} 个、地点 {places} 处、来源 {sources} 个、处置力量 {teams} 支",
    ),
    "city-soon": (
        "Processes that run know it within half a minute.",
        "正在运行的进程将在半分钟内生效。",
    ),
    "services-ready": (
        "Relay, worker and API run ({seconds:.1f} s)",
        "转发、流处理与接口服务已就绪（{seconds:.1f} 秒）",
    ),
    "storm-sending": ("Sending the storm {profile} …", "正在发送风暴 {profile}……"),
    "replay-sending": ("Replaying {dataset}, {first} to {last} …", "正在回放 {dataset}，{first} 至 {last}……"),
    "storm-sent": (
        "Sent {reports} reports and {readings} readings in {seconds:.0f} s",
        "已发送诉求 {reports} 件、读数 {readings} 条，用时 {seconds:.0f} 秒",
    ),
    "storm-later": (
        "The storm goes on for {seconds:.0f} s more; the console shows it live.",
        "风暴还将持续 {seconds:.0f} 秒；可在控制台实时查看。",
    ),
    "draining": ("Waiting until the storm has drained …", "等待风暴处理完毕……"),
    "stopped": ("Stopped: everything that was started has ended.", "已停止：所启动的进程均已结束。"),
    "down-done": ("Stopped the house of {folder}.", "已停止 {folder} 的服务。"),
    "down-none": ("No house runs from {folder}.", "{folder} 没有正在运行的服务。"),
    "press": ("Press Ctrl-C to stop everything.", "按 Ctrl-C 停止全部进程。"),
    # the demo's words
    "console-at": ("Console: {url}", "控制台：{url}"),
    "links": ("Sign-in links (each works once, for {hours} h):", "登录链接（各可使用一次，{hours} 小时内有效）："),
    "try": ("Three things to try:", "可以试试这三件事："),
    "try-1": (
        "Sign in as dispatcher, open the incident on top of the queue and assign a team: the queue follows at once.",
        "以调度员登录，打开队列最上面的事件并派单：队列会立即更新。",
    ),
    "try-2": (
        "Sign in as call taker, take a call and type a flooded underpass: incidents nearby show while you type.",
        "以话务员登录，接一个来电并输入积水下穿通道的名称：输入时即显示附近事件，可直接并入。",
    ),
    "try-3": (
        "In another terminal, `weirhouse reconcile` proves that no report was lost or counted twice.",
        "另开终端运行 `weirhouse reconcile`，核对无一诉求丢失或重复计数。",
    ),
    "role-call_taker": ("call taker", "话务员"),
    "role-operator": ("operator", "值守员"),
    "role-dispatcher": ("dispatcher", "调度员"),
    "role-supervisor": ("supervisor", "督办员"),
    "role-front_line": ("front line", "一线"),
    "role-administrator": ("administrator", "管理员"),
    # the summary
    "summary": ("Summary", "小结"),
    "received": ("received", "收到诉求"),
    "opened": ("opened", "新立事件"),
    "joined": ("joined", "并入"),
    "folded": ("folded", "折叠"),
    "moving": ("moving", "移送中"),
    "deferred": ("deferred", "延后"),
    "inhibited": ("inhibited", "抑制"),
    "set_aside": ("set aside", "搁置"),
    "in_flight": ("in flight", "在途"),
    "lost": ("lost", "丢失"),
    "doubled": ("doubled", "重复"),
    "without_report": ("without a report", "缺诉求"),
    "without_incident": ("without an incident", "缺事件"),
    "in_merged": ("left in a merged incident", "滞留于已合并事件"),
    "chain-broken": ("The audit's chain breaks at line {number}.", "审计链在第 {number} 行断裂。"),
    "audit-signed": (
        "The audit holds: {lines} lines, {covered} of them under an older checkpoint; all are signed now.",
        "审计成立：共 {lines} 条，原有检查点覆盖 {covered} 条，现已全部签名。",
    ),
    "audit-holds": (
        "The audit holds: {lines} lines, {covered} of them under a signed checkpoint.",
        "审计成立：共 {lines} 条，其中 {covered} 条有签名检查点覆盖。",
    ),
    "audit-changed": ("Audit line {number} was CHANGED.", "第 {number} 条审计记录已被篡改！"),
    "audit-missing": (
        "Audit line {number} is not what comes next: lines were REMOVED, put in or moved.",
        "审计链在第 {number} 条处不连续：有记录被删除、插入或移动！",
    ),
    "audit-rewritten": (
        "The audit was chained ANEW: line {number} is not what the checkpoint signed.",
        "审计链已被重写：第 {number} 条与签名检查点不符！",
    ),
    "audit-truncated": (
        "The audit's END is gone: line {number} stood there when a checkpoint was signed.",
        "审计末尾已被截断：签名检查点时第 {number} 条尚在！",
    ),
    "audit-forged": (
        "The checkpoint at line {number} was not signed with this key.",
        "第 {number} 条处的检查点并非由此密钥签名！",
    ),
    "audit-key": ("{file} holds no Ed25519 key of the half that is needed.", "{file} 中没有所需的 Ed25519 密钥。"),
    "audit-line": ("Line {line} of the checkpoints' file is no checkpoint.", "检查点文件第 {line} 行不是检查点。"),
    "audit-none": ("There are no checkpoints in {file}.", "{file} 中没有检查点。"),
    "audit-file": ("{file} cannot be used: {why}", "无法使用 {file}：{why}"),
    "signals": ("device signals", "设备信号"),
    "incidents": ("incidents", "事件"),
    "door-ledger": ("door → ledger, ms (p50 / p99)", "受理→账本，毫秒（p50 / p99）"),
    "door-feed": ("door → live subscriber, ms (p50 / p99)", "受理→实时订阅者，毫秒（p50 / p99）"),
    "conserved": ("Conservation holds.", "守恒成立。"),
    "not-conserved": ("Conservation does NOT hold.", "守恒不成立！"),
    "holds": ("holds", "成立"),
    "broken": ("BROKEN", "不成立"),
    "line-attempts": ("door: attempts = accepted + repeated + refused", "受理口：尝试 = 受理 + 重复 + 拒收"),
    "line-kept": ("door to ledger: accepted = kept", "受理口至账本：受理 = 留存"),
    "line-decided": ("ledger: kept = decided + in flight", "账本：留存 = 已决 + 在途"),
    "line-lost": ("ledger: in flight or lost, by sets of ids", "账本：在途或丢失（按编号集合）"),
    "line-doubled": ("ledger: decided twice, by sets of ids", "账本：重复处置（按编号集合）"),
    "line-dangling": ("ledger: dispositions without report or incident", "账本：缺诉求或缺事件的处置"),
    "line-counted": ("incidents: reports they count = reports in them", "事件：所计诉求数 = 所含诉求数"),
    "line-history": ("incidents: fields their history does not bear out", "事件：与历史不符的字段"),
    "line-chain": ("audit: first broken link of its chain", "审计：链上首个断点"),
    # doctor and tables
    "doctor-versions": ("versions", "版本"),
    "doctor-processes": ("processes", "进程"),
    "doctor-disk": ("disk", "磁盘"),
    "doctor-schema": ("schema", "库结构"),
    "doctor-topics": ("topics", "主题"),
    "doctor-lag": ("lag", "积压"),
    "doctor-settings": ("settings", "设置"),
    "head-process": ("process", "进程"),
    "head-pid": ("pid", "进程号"),
    "head-runs": ("runs", "运行"),
    "head-rss_mib": ("memory, MiB", "内存（MiB）"),
    "head-ports": ("ports", "端口"),
    "head-group": ("group", "消费组"),
    "head-topic": ("topic", "主题"),
    "head-lag": ("lag", "积压"),
    "head-lane": ("lane", "通道"),
    "head-key": ("key", "键"),
    "head-writer": ("written by", "写入方"),
    "head-origin": ("origin", "来源位置"),
    "head-reason": ("reason", "原因"),
    "head-agent": ("agent", "处理环节"),
    "head-detail": ("detail", "详情"),
    "head-incident": ("incident", "事件"),
    "head-field": ("field", "字段"),
    "head-stands": ("stands", "现值"),
    "head-derived": ("derived", "推算值"),
    # other commands
    "key-made": ("Key of source {source} (shown once):", "来源 {source} 的密钥（仅显示一次）："),
    "link-made": (
        "Sign-in link for {role}, works once within {hours} h:",
        "{role}登录链接（{hours} 小时内可用一次）：",
    ),
    "verified": (
        "{checked} incidents derived again: {wrong} differ.",
        "已重新推算事件 {checked} 件：不一致 {wrong} 件。",
    ),
    "reconciled": ("Reconciled {accepted} accepted reports.", "已核对受理诉求 {accepted} 件。"),
    "reseeded": ("{count} undecided reports wait to be produced again.", "{count} 件未决诉求将重新发送。"),
    "redriven": ("{count} dead letters produced again.", "已重新发送死信 {count} 条。"),
    "no-letters": ("No dead letters stand.", "没有死信。"),
    "topics-fine": ("All {total} topics are as the catalogue says.", "全部 {total} 个主题与目录一致。"),
    "schema-new": ("The schema is up to date.", "库结构已是最新。"),
    "new-broker": (
        (
            "Kafka is another, empty one ({found}; the ledger worked with {known}): bring the old one back, or run"
            " `weirhouse reseed`. Until then worker and relay stand; the doors go on."
        ),
        (
            "Kafka 已换成另一个空集群（{found}；账本所用为 {known}）：请恢复原集群，或运行 `weirhouse reseed`。"
            "在此之前流处理与转发暂停，受理照常。"
        ),
    ),
    "services-stand": (
        "The API runs ({seconds:.1f} s); {names} stand and are tried again every few seconds.",
        "接口服务已就绪（{seconds:.1f} 秒）；{names} 暂停，每隔数秒重试。",
    ),
    # errors: what is wrong, and what to do next
    "no-house": (
        "No house runs from {folder}; start `weirhouse up`, or set WEIRHOUSE_KAFKA_URL and WEIRHOUSE_POSTGRES_URL.",
        "{folder} 没有正在运行的服务；请先运行 `weirhouse up`，或设置 WEIRHOUSE_KAFKA_URL 与 WEIRHOUSE_POSTGRES_URL。",
    ),
    "topics-wrong": (
        "Topics differ from the catalogue: {what}; run `weirhouse topics --make` or mend them by hand.",
        "主题与目录不一致：{what}；请运行 `weirhouse topics --make` 或手工修正。",
    ),
    "city-unreadable": (
        "The city file {path} cannot be used ({why}); see examples/city/demo.json.",
        "城市文件 {path} 无法使用（{why}）；可参照 examples/city/demo.json。",
    ),
    "unknown-source": (
        "The registry knows no source {source}; load a city file that has it with `weirhouse city`.",
        "来源登记中没有 {source}；请用 `weirhouse city` 加载含有该来源的城市文件。",
    ),
    "unknown-role": ("There is no role {role}; choose one of {roles}.", "没有角色 {role}；可选：{roles}。"),
    "storm-failed": (
        "The generator ended with exit code {status}: {why}; its log is {log}.",
        "发送程序以退出码 {status} 结束：{why}；日志在 {log}。",
    ),
    "no-loadtests": (
        "The storm's generator is not here: run `weirhouse demo` from a checkout of the project.",
        "找不到风暴发送程序：请在项目检出目录中运行 `weirhouse demo`。",
    ),
    "stands": (
        "{names} stopped at once; the reason is the last line of its log in {folder}.",
        "{names} 启动即停止；原因见 {folder} 中日志的最后一行。",
    ),
    "not-drained": (
        "The storm had not drained after {seconds:.0f} s ({left}); see `weirhouse doctor` and the logs in {folder}.",
        "{seconds:.0f} 秒后仍未处理完毕（{left}）；请查看 `weirhouse doctor` 与 {folder} 中的日志。",
    ),
    "replay-needs": (
        "A replay needs --once, --data, --from and --to; see `weirhouse demo --help`.",
        "回放需要 --once、--data、--from 与 --to；见 `weirhouse demo --help`。",
    ),
    "no-data": (
        "The data folder {path} lacks {file}; give --data DIR.",
        "数据目录 {path} 缺少 {file}；请用 --data 指定。",
    ),
    "down-stuck": (
        "Process {pid} of the house in {folder} did not end within {seconds:.0f} s; read its log, then end it by hand.",
        "{folder} 的进程 {pid} 在 {seconds:.0f} 秒内未结束；请查看日志后手工结束。",
    ),
    "broker-exchanged": (
        (
            "Kafka is another cluster ({found}) than the one this ledger worked with ({known}): bring the old one back,"
            " or run `weirhouse reseed` to produce again what it held."
        ),
        (
            "Kafka 是另一个集群（{found}），与账本所用的集群（{known}）不同："
            "请恢复原集群，或运行 `weirhouse reseed` 重新发送其内容。"
        ),
    ),
    "bad-setting": ("Settings are wrong: {what}; correct the environment.", "设置有误：{what}；请修正环境变量。"),
    "away": ("{what}; check with `weirhouse doctor`.", "{what}；请用 `weirhouse doctor` 检查。"),
    "trouble": ("{what}", "出错：{what}"),
    "interrupted": ("Interrupted.", "已中断。"),
    # the downtime sheet
    "sheet-written": (
        "{path}: {count} open incidents, {left} left off",
        "{path}：未办结事件 {count} 件，未列入 {left} 件",
    ),
    "sheet-unwritable": (
        "{path} cannot be written ({why}); name another file.",
        "无法写入 {path}（{why}）；请换一个文件。",
    ),
    "paper-title": ("Downtime sheet", "停机登记表"),
    "paper-as-of": ("As of {at}", "截至 {at}"),
    "paper-all-zones": ("all zones", "全部责任片区"),
    "paper-open": ("Open incidents ({count})", "未办结事件（{count} 件）"),
    "paper-left-off": ("{count} more are open and not on this sheet.", "另有 {count} 件未办结，未列入本表。"),
    "paper-all-teams": ("Teams", "处置力量"),
    "paper-new": ("Taken while the house was away", "停机期间受理登记"),
    "paper-exercise": ("EXERCISE", "演练"),
    "paper-number": ("No.", "编号"),
    "paper-priority": ("Priority", "优先级"),
    "paper-type": ("Type", "类型"),
    "paper-state": ("State", "状态"),
    "paper-zone": ("Zone", "责任片区"),
    "paper-address": ("Place", "地点"),
    "paper-said": ("What is said", "内容"),
    "paper-opened": ("Opened", "立案时间"),
    "paper-teams": ("Teams sent", "已派力量"),
    "paper-done": ("Done since, and when", "后续处置与时间"),
    "paper-team": ("Team", "力量名称"),
    "paper-kind": ("Kind", "类别"),
    "paper-time": ("Time", "时间"),
    "paper-caller": ("Who calls", "来电人"),
    "paper-by": ("Taken by", "受理人"),
}


def language(wish: str = "", environ: Mapping[str, str] | None = None) -> Language:
    """Return the language to speak: the wish, else WEIRHOUSE_LANGUAGE, LC_ALL, LC_MESSAGES or LANG, else English."""
    given = os.environ if environ is None else environ
    names = ("WEIRHOUSE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    said = wish or next((given[name] for name in names if given.get(name)), "en")
    return "zh" if said.lower().startswith("zh") else "en"


def sentence(spoken: Language, key: str, **values: object) -> str:
    """Return the sentence under `key` with its values filled in."""
    english, chinese = CATALOGUE[key]
    return (chinese if spoken == "zh" else english).format(**values)


def told(spoken: Language, said: Sentence) -> str:
    """Return a sentence of the one-machine default."""
    return EMBEDDED[said.key].format(**said.values) if spoken == "zh" else str(said)
