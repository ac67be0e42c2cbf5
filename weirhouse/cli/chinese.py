# SPDX-License-Identifier: Apache-2.0
"""The sentences of `weirhouse.embedded.sentences` in Chinese, under the same keys."""

from __future__ import annotations

from typing import Final

EMBEDDED: Final[dict[str, str]] = {
    "preparing": "正在准备 {name}",
    "waiting": "正在等待 {name}",
    "fetching-kafka": "正在下载 Kafka {done}/{total}",
    "strays": "已结束上次异常退出遗留的 {count} 个进程",
    "stopping": "正在停止",
    "starting-again": "{name} 已退出（退出码 {status}：{why}），正在重新启动",
    "silent": "{name} 已 {seconds:.0f} 秒未报告正常，将结束并重新启动",
    "stands": "{name} 已自行停止：{why} —— 其余服务照常运行，每 {seconds:.0f} 秒重试一次",
    "given-up": (
        "{name} 连续退出 {times} 次（退出码 {status}）：{why} —— 日志在 {log}；其余服务照常运行，每 "
        "{seconds:.0f} 秒重试一次"
    ),
    "runs-again": "{name} 已恢复运行",
    "state-unwritable": (
        "状态目录 {folder} 无法写入（{why}）；请设为可写，或将 WEIRHOUSE_STATE_DIR 指向您自己的目录。"
    ),
    "already-runs": (
        "{folder} 已有一套服务在运行（进程 {holder}）；请用 `weirhouse down` 停止，或将 WEIRHOUSE_STATE_DIR "
        "设为另一目录。"
    ),
    "cannot-forget": "{path} 无法删除（{why}）；请手工删除。",
    "port-taken": (
        "{host} 的端口 {port}（供 {what} 使用）已被其他程序占用；请停止该程序，或将 {variable} 设为空闲端口。"
    ),
    "metrics-port": "{host} 的端口 {port}（转发进程的指标）无法使用（{why}）；请将 {variable} 设为空闲端口。",
    "no-port": "{host} 上 {first} 至 {last} 之间没有空闲端口；请停止占用端口的程序。",
    "not-started": "{name} 无法启动：{why}。",
    "stopped-starting": "{name} 在启动中退出（退出码 {status}）：{why} —— 日志在 {log}。",
    "no-answer": "{name} 在 {seconds:g} 秒内没有应答：{why} —— 日志在 {log}。",
    "ended": "{name} 已退出（退出码 {status}）：{why} —— 日志在 {log}。",
    "all-ended": "所有进程均已退出；最后退出的是 {name}（退出码 {status}）：{why} —— 日志在 {log}。",
    "no-leash": "位于 {path} 的 Python 无法再次启动（{why}）；请运行 `make setup`。",
    "cache-unwritable": "缓存目录 {folder} 无法写入（{why}）；请将 WEIRHOUSE_CACHE_DIR 指向您自己的目录。",
    "jar-not-fetched": (
        "Kafka 的 {jar} 无法下载（{why}）；请检查网络、代理变量或 jgo 设置文件中的镜像，然后重新运行 `make setup`。"
    ),
    "jar-wrong": "Kafka 的 {jar} 与锁定的文件不符（SHA-256 不一致），已删除；请重新运行 `make setup` 或检查镜像。",
    "no-java": (
        "位于 {java} 的 Java 无法启动（{why}）；请重新运行 `make setup`，或将 WEIRHOUSE_JAVA 设为 Java 17 及以上版本。"
    ),
    "not-formatted": (
        "位于 {java} 的 Java 无法格式化 Kafka 的存储（{why}）；请重新运行 `make setup`，或将 WEIRHOUSE_JAVA "
        "设为 Java 17 及以上版本。"
    ),
    "no-cluster": "Kafka 的存储 {folder} 没有集群标识；`make clean-data` 可清除数据并重新开始。",
    "no-postgres": "未安装 PostgreSQL 组件；请运行 `make setup`。",
    "initdb-missing": "PostgreSQL 的 initdb 无法启动（{why}）；请重新运行 `make setup`。",
    "initdb-failed": (
        "PostgreSQL 无法初始化 {folder}（{why}）；请检查该目录的空间与权限，或将 WEIRHOUSE_STATE_DIR 设为另一目录。"
    ),
    "no-setpriv": "PostgreSQL 拒绝以 root 身份运行，且缺少 `setpriv`；请以普通用户运行。",
    "no-user": "PostgreSQL 拒绝以 root 身份运行，且无法创建其他用户；请以普通用户运行。",
    "no-way": (
        "PostgreSQL 的用户无法访问状态目录或运行环境；请将 WEIRHOUSE_STATE_DIR 设为 /var/lib 下的目录，或以普"
        "通用户运行。"
    ),
}
