#include "probes/agent_protocol.h"

#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "probes/bytes.h"

namespace muster {

namespace {

constexpr std::size_t kLargestFrame = 64U << 20U;

bool is_known(AgentFrameType type) {
  return (type >= AgentFrameType::Task && type <= AgentFrameType::Clock) ||
         (type >= AgentFrameType::Hello && type <= AgentFrameType::ClockAnswer);
}

std::int64_t nanoseconds(Time at) {
  return at.time_since_epoch().count();
}

Time get_time(ByteReader& from) {
  return Time(Duration(from.get<std::int64_t>()));
}

void put_sample(ByteWriter& to, const Sample& sample) {
  to.put(nanoseconds(sample.due));
  to.put(nanoseconds(sample.sent));
  to.put(nanoseconds(sample.done));
  to.put(sample.client);
  to.put(sample.dns_us);
  to.put(sample.connect_us);
  to.put(sample.tls_us);
  to.put(sample.first_byte_us);
  to.put(sample.value);
  to.put(sample.status);
  to.put(sample.text);
  to.put(static_cast<std::uint8_t>(sample.outcome));
  to.put(static_cast<std::uint8_t>(sample.kind));
}

Sample get_sample(ByteReader& from) {
  Sample sample;
  sample.due = get_time(from);
  sample.sent = get_time(from);
  sample.done = get_time(from);
  sample.client = from.get<std::uint32_t>();
  sample.dns_us = from.get<std::uint32_t>();
  sample.connect_us = from.get<std::uint32_t>();
  sample.tls_us = from.get<std::uint32_t>();
  sample.first_byte_us = from.get<std::uint32_t>();
  sample.value = from.get<double>();
  sample.status = from.get<std::uint16_t>();
  sample.text = from.get<std::uint16_t>();
  const auto outcome = from.get<std::uint8_t>();
  const auto kind = from.get<std::uint8_t>();
  if (outcome > static_cast<std::uint8_t>(Outcome::NotSent))
    fail("sample with outcome {}", outcome);
  if (kind > static_cast<std::uint8_t>(SampleKind::Watching)) fail("sample of kind {}", kind);
  sample.outcome = static_cast<Outcome>(outcome);
  sample.kind = static_cast<SampleKind>(kind);
  return sample;
}

}  // namespace

std::string encode_frame(AgentFrameType type, std::string_view payload) {
  ByteWriter frame;
  frame.put(static_cast<std::uint32_t>(payload.size() + 1));
  frame.put(static_cast<std::uint8_t>(type));
  frame.put_raw(payload);
  return frame.take();
}

std::optional<AgentFrame> AgentFrameReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(used_);
  if (rest.size() < 5) return std::nullopt;
  ByteReader reader(rest);
  const auto length = reader.get<std::uint32_t>();
  const auto type = static_cast<AgentFrameType>(reader.get<std::uint8_t>());
  if (length == 0 || length > kLargestFrame || !is_known(type)) {
    fail("what came is not a frame (length {}, type {})", length, static_cast<int>(type));
  }
  if (rest.size() < 4 + length) return std::nullopt;
  AgentFrame frame{type, std::string(rest.substr(5, length - 1))};
  used_ += 4 + length;
  if (used_ == buffer_.size() || used_ > (1U << 20U)) {
    buffer_.erase(0, used_);
    used_ = 0;
  }
  return frame;
}

json::object task_to_json(const AgentTask& task) {
  json::array items;
  for (const AgentTask::Item& item : task.items) {
    items.push_back(json::object{{"probe", item.probe},
                                 {"kind", item.kind},
                                 {"rate", item.rate},
                                 {"poisson", item.poisson},
                                 {"clients", item.clients},
                                 {"resolver", item.resolver},
                                 {"params", item.params}});
  }
  return {{"protocol", kAgentProtocol},
          {"run", task.run},
          {"vantage", task.vantage},
          {"host", task.host},
          {"region", task.region},
          {"items", std::move(items)}};
}

AgentTask task_from_json(const json::object& value) {
  if (integer_at(value, "protocol") != kAgentProtocol) {
    fail("the runner speaks protocol {}, this agent {}; install the same muster on both",
         integer_at(value, "protocol"),
         kAgentProtocol);
  }
  AgentTask task;
  task.run = text_at(value, "run");
  task.vantage = text_at(value, "vantage");
  task.host = text_at(value, "host");
  task.region = text_at(value, "region");
  for (const json::value& entry : at(value, "items").as_array()) {
    const json::object& item = entry.as_object();
    task.items.push_back({text_at(item, "probe"),
                          text_at(item, "kind"),
                          number_at(item, "rate"),
                          flag_at(item, "poisson"),
                          static_cast<int>(integer_at(item, "clients")),
                          text_at(item, "resolver"),
                          at(item, "params").as_object()});
  }
  return task;
}

json::object health_to_json(const AgentHealth& health) {
  return {{"due", health.due},
          {"sent", health.sent},
          {"not_sent", health.not_sent},
          {"send_lag_p50", health.send_lag_p50.count()},
          {"send_lag_p99", health.send_lag_p99.count()},
          {"send_lag_max", health.send_lag_max.count()},
          {"longest_hiccup", health.longest_hiccup.count()},
          {"realtime", health.realtime}};
}

AgentHealth health_from_json(const json::object& value) {
  AgentHealth health;
  health.due = static_cast<std::uint64_t>(integer_at(value, "due"));
  health.sent = static_cast<std::uint64_t>(integer_at(value, "sent"));
  health.not_sent = static_cast<std::uint64_t>(integer_at(value, "not_sent"));
  health.send_lag_p50 = duration_at(value, "send_lag_p50");
  health.send_lag_p99 = duration_at(value, "send_lag_p99");
  health.send_lag_max = duration_at(value, "send_lag_max");
  health.longest_hiccup = duration_at(value, "longest_hiccup");
  health.realtime = flag_at(value, "realtime");
  return health;
}

std::string encode_written(const WrittenFrame& written) {
  ByteWriter payload;
  payload.put_text(written.probe);
  payload.put_text(written.writer);
  for (const std::uint64_t number : written.numbers) payload.put(number);
  return encode_frame(AgentFrameType::Written, payload.bytes());
}

WrittenFrame decode_written(std::string_view payload) {
  ByteReader reader(payload);
  WrittenFrame written;
  written.probe = reader.get_text();
  written.writer = reader.get_text();
  while (!reader.empty()) written.numbers.push_back(reader.get<std::uint64_t>());
  return written;
}

std::string encode_text(std::uint16_t index, std::string_view text) {
  ByteWriter payload;
  payload.put(index);
  payload.put_raw(text);
  return encode_frame(AgentFrameType::Text, payload.bytes());
}

TextFrame decode_text(std::string_view payload) {
  ByteReader reader(payload);
  TextFrame text;
  text.index = reader.get<std::uint16_t>();
  text.text = reader.rest();
  return text;
}

std::string encode_clock(Time sent) {
  ByteWriter payload;
  payload.put(nanoseconds(sent));
  return encode_frame(AgentFrameType::Clock, payload.take());
}

Time decode_clock(std::string_view payload) {
  ByteReader reader(payload);
  return get_time(reader);
}

std::string encode_clock_answer(const ClockAnswer& answer) {
  ByteWriter payload;
  for (const Time at : {answer.sent, answer.received, answer.answered})
    payload.put(nanoseconds(at));
  return encode_frame(AgentFrameType::ClockAnswer, payload.take());
}

ClockAnswer decode_clock_answer(std::string_view payload) {
  ByteReader reader(payload);
  ClockAnswer answer;
  for (Time* at : {&answer.sent, &answer.received, &answer.answered}) *at = get_time(reader);
  return answer;
}

std::string own_clock_name() {
  std::error_code error;  // kernels without time namespaces have one clock
  const auto space = std::filesystem::read_symlink("/proc/self/ns/time", error);
  return std::string(trim(read_file("/proc/sys/kernel/random/boot_id"))) + " " + space.string();
}

std::string encode_samples(std::uint16_t item, const std::vector<Sample>& samples) {
  ByteWriter payload;
  payload.put(item);
  for (const Sample& sample : samples) put_sample(payload, sample);
  return encode_frame(AgentFrameType::Samples, payload.bytes());
}

SamplesFrame decode_samples(std::string_view payload) {
  ByteReader reader(payload);
  SamplesFrame frame;
  frame.item = reader.get<std::uint16_t>();
  while (!reader.empty()) frame.samples.push_back(get_sample(reader));
  return frame;
}

}  // namespace muster
