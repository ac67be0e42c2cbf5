// SPDX-License-Identifier: Apache-2.0
// A keyed count on Kafka Streams: java KeyedCount BOOTSTRAP TOPIC COUNT STATE_FOLDER CACHE_BYTES.
// Prints messages a second of the whole, of the second half, and of a second of the process's CPU time.

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.Stores;

public final class KeyedCount {
    private static long seen, began, half, ended, cpuBegan, cpuEnded;

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    public static void main(String[] args) throws Exception {
        long count = Long.parseLong(args[2]);
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "rival-" + UUID.randomUUID());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, Long.parseLong(args[4]));
        // As often as our worker commits, and as durable: every copy that the broker keeps.
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");

        CountDownLatch done = new CountDownLatch(1);
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(args[1], Consumed.with(Serdes.Bytes(), Serdes.ByteArray()))
                .peek((key, value) -> {
                    if (seen == 0) {
                        began = System.nanoTime();
                        cpuBegan = cpu();
                    }
                    seen++;
                    if (seen == count / 2) {
                        half = System.nanoTime();
                    }
                    if (seen == count) {
                        ended = System.nanoTime();
                        cpuEnded = cpu();
                        done.countDown();
                    }
                })
                .groupByKey(Grouped.with(Serdes.Bytes(), Serdes.ByteArray()))
                // In memory: quicker here than its default, RocksDB. The log of its updates is what is durable.
                .count(Materialized.<Bytes, Long>as(Stores.inMemoryKeyValueStore("counts"))
                        .withKeySerde(Serdes.Bytes()).withValueSerde(Serdes.Long()).withLoggingEnabled(Map.of()));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        done.await();
        double whole = count / ((ended - began) / 1e9);
        double second = (count - count / 2) / ((ended - half) / 1e9);
        double core = count / ((cpuEnded - cpuBegan) / 1e9);
        System.out.println(whole + " " + second + " " + core);
        System.out.flush();
        streams.close(Duration.ofSeconds(5));
    }
}
