#include "probes/sample_columns.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <zstd.h>

#include "base/error.h"
#include "probes/bytes.h"

namespace muster {

namespace {

/// What is written while a drill runs has to cost next to nothing; higher levels save a tenth.
constexpr int kLevel = 1;
/// Of the columns of one sample; more is no block that pack_samples made.
constexpr std::size_t kMostBytesEach = 128;
constexpr std::size_t kMostBytesMore = 1024;

using Microseconds = std::chrono::microseconds;
using namespace std::chrono_literals;

constexpr std::uint32_t Sample::*kSplit[] = {
    &Sample::dns_us, &Sample::connect_us, &Sample::tls_us, &Sample::first_byte_us};

bool is_sent(const Sample& sample) {
  return sample.sent != Time();
}

/// The part of a request's time that its split accounts for.
Duration split_of(const Sample& sample) {
  return Microseconds(std::uint64_t{sample.dns_us} + sample.connect_us + sample.tls_us +
                      sample.first_byte_us);
}

Time reference_of(const Sample& sample) {
  return is_sent(sample) ? sample.sent : sample.due;
}

bool is_whole(Duration length) {
  return length % Microseconds(1) == Duration::zero();
}

bool has_whole_lengths(const std::vector<Sample>& samples) {
  return std::ranges::all_of(samples, [](const Sample& sample) {
    return is_whole(sample.done - sample.due) &&
           (!is_sent(sample) || is_whole(sample.sent - sample.due));
  });
}

template <class Put>
void put_column(ByteWriter& to, const std::vector<Sample>& samples, Put put) {
  ByteWriter column;
  for (const Sample& sample : samples) put(column, sample);
  to.put_text(column.bytes());
}

/// Most columns hold nothing but the zeros that fresh samples have already.
bool only_zeros(std::string_view column, std::size_t count) {
  return column.size() == count &&
         std::all_of(column.begin(), column.end(), [](char byte) { return byte == 0; });
}

template <class Get>
void get_column(ByteReader& from, std::span<Sample> samples, Get get) {
  ByteReader column(from.get_text());
  for (Sample& sample : samples) get(column, sample);
  if (!column.empty()) fail("a column of samples is longer than its samples");
}

template <class Number>
void put_number(ByteWriter& to, const std::vector<Sample>& samples, Number Sample::*member) {
  put_column(to, samples, [&](ByteWriter& column, const Sample& sample) {
    column.put_varint(static_cast<std::uint64_t>(sample.*member));
  });
}

template <class Number>
void get_number(ByteReader& from,
                std::span<Sample> samples,
                Number Sample::*member,
                Number most = std::numeric_limits<Number>::max()) {
  if (only_zeros(from.peek_text(), samples.size())) return void(from.get_text());
  get_column(from, samples, [&](ByteReader& column, Sample& sample) {
    const std::uint64_t number = column.get_varint();
    if (number > static_cast<std::uint64_t>(most)) fail("a sample with a {}", number);
    sample.*member = static_cast<Number>(number);
  });
}

/// A value is a counted number or 0 for nearly every sample; all eight bytes are written only where
/// one is not.
void put_value(ByteWriter& column, double value) {
  const bool counted =
      value >= 0 && value < 9e15 && value == static_cast<double>(static_cast<std::uint64_t>(value));
  column.put_varint(counted ? static_cast<std::uint64_t>(value) << 1 : 1);
  if (!counted) column.put(value);
}

double get_value(ByteReader& column) {
  const std::uint64_t number = column.get_varint();
  return number == 1 ? column.get<double>() : static_cast<double>(number >> 1);
}

std::string compressed(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0) fail("cannot compress samples: {}", ZSTD_getErrorName(size));
  packed.resize(size);
  return packed;
}

std::string expanded(std::string_view packed, std::size_t most) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size > most) fail("a block of samples does not say how long it is");
  std::string bytes(size, '\0');
  const std::size_t found =
      ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(found) != 0 || found != size) fail("a block of samples cannot be expanded");
  return bytes;
}

}  // namespace

PackedSamples pack_samples(std::uint16_t series, const std::vector<Sample>& samples) {
  PackedSamples packed;
  packed.series = series;
  packed.count = static_cast<std::uint32_t>(samples.size());
  packed.whole_microseconds = has_whole_lengths(samples);
  packed.base = samples.front().due;
  const Duration unit = packed.whole_microseconds ? Duration(1us) : Duration(1);

  ByteWriter out;
  Time last = packed.base;
  put_column(out, samples, [&](ByteWriter& column, const Sample& s) {
    column.put_zigzag((s.due - std::exchange(last, s.due)).count());
  });
  put_column(out, samples, [&](ByteWriter& column, const Sample& s) {
    column.put(static_cast<std::uint8_t>(is_sent(s) ? 1 : 0));
  });
  put_column(out, samples, [&](ByteWriter& column, const Sample& s) {
    if (is_sent(s)) column.put_zigzag((s.sent - s.due) / unit);
  });
  put_column(out, samples, [&](ByteWriter& column, const Sample& s) {
    column.put_zigzag((s.done - reference_of(s) - split_of(s)) / unit);
  });
  for (const auto member : kSplit) put_number(out, samples, member);
  put_number(out, samples, &Sample::client);
  put_column(out, samples, [](ByteWriter& column, const Sample& s) { put_value(column, s.value); });
  put_number(out, samples, &Sample::status);
  put_number(out, samples, &Sample::text);
  put_number(out, samples, &Sample::outcome);
  put_number(out, samples, &Sample::kind);
  packed.payload = compressed(out.bytes());
  return packed;
}

void unpack_samples(const PackedSamples& packed, std::vector<Sample>& into) {
  const std::string bytes =
      expanded(packed.payload, packed.count * kMostBytesEach + kMostBytesMore);
  const Duration unit = packed.whole_microseconds ? Duration(1us) : Duration(1);
  into.resize(into.size() + packed.count);
  const std::span<Sample> samples = std::span(into).last(packed.count);
  std::vector<std::uint8_t> sent(packed.count);
  std::vector<Duration> rest(packed.count);

  ByteReader in(bytes);
  Time last = packed.base;
  get_column(in, samples, [&](ByteReader& column, Sample& s) {
    last = s.due = last + Duration(column.get_zigzag());
  });
  const auto place_of = [&](const Sample& s) {
    return static_cast<std::size_t>(&s - samples.data());
  };
  get_column(in, samples, [&](ByteReader& column, Sample& s) {
    sent[place_of(s)] = column.get<std::uint8_t>();
  });
  get_column(in, samples, [&](ByteReader& column, Sample& s) {
    if (sent[place_of(s)] != 0) s.sent = s.due + column.get_zigzag() * unit;
  });
  get_column(in, samples, [&](ByteReader& column, Sample& s) {
    rest[place_of(s)] = column.get_zigzag() * unit;
  });
  for (const auto member : kSplit) get_number(in, samples, member);
  for (Sample& s : samples) s.done = reference_of(s) + split_of(s) + rest[place_of(s)];
  get_number(in, samples, &Sample::client);
  if (only_zeros(in.peek_text(), samples.size()))
    in.get_text();
  else
    get_column(in, samples, [](ByteReader& column, Sample& s) { s.value = get_value(column); });
  get_number(in, samples, &Sample::status);
  get_number(in, samples, &Sample::text);
  get_number(in, samples, &Sample::outcome, Outcome::NotSent);
  get_number(in, samples, &Sample::kind, SampleKind::Watching);
  if (!in.empty()) fail("a block of samples has more columns than a sample has members");
}

void round_to_microseconds(Sample& sample) {
  const auto rounded = [](Duration length) {
    return Duration(std::chrono::round<Microseconds>(length));
  };
  if (is_sent(sample)) sample.sent = sample.due + rounded(sample.sent - sample.due);
  sample.done = sample.due + rounded(sample.done - sample.due);
}

}  // namespace muster
