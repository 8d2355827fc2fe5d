// Format: docs/samples.md.
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include <boost/crc.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/huge_pages.h"
#include "probes/bytes.h"
#include "probes/sample_columns.h"
#include "probes/vantage.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kMagic = 0x504d534d;  // "MSMP"
constexpr std::uint8_t kVersion = 2;
constexpr std::uint16_t kMicroseconds = 1;  // flag: lengths are in these
constexpr std::size_t kHeader = 28;
constexpr std::size_t kMostSamples = 64U << 10U;
constexpr Duration kOldest = 1s;  // how long a sample may wait for its block to fill
constexpr std::size_t kLargestFile = 16ULL << 30U;

enum class BlockType : std::uint8_t { Series = 1, Text = 2, Samples = 3 };

struct BlockHeader {
  BlockType type{};
  std::uint16_t flags = 0;
  std::uint32_t size = 0;   ///< of the payload
  std::uint32_t count = 0;  ///< of samples
  std::int64_t base = 0;    ///< instant from which the block counts, nanoseconds
  std::uint32_t checksum = 0;
};

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::string block(BlockHeader header, std::string_view payload) {
  ByteWriter out;
  out.put(kMagic);
  out.put(kVersion);
  out.put(static_cast<std::uint8_t>(header.type));
  out.put(header.flags);
  out.put(static_cast<std::uint32_t>(payload.size()));
  out.put(header.count);
  out.put(header.base);
  out.put(crc32c(payload));
  out.put_raw(payload);
  return out.take();
}

class BlockFile final : public SampleFile {
 public:
  explicit BlockFile(const std::string& path)
      : path_(path),
        file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600)) {
    if (file_ < 0) fail_errno("cannot create " + path);
  }

  BlockFile(const BlockFile&) = delete;
  BlockFile& operator=(const BlockFile&) = delete;
  ~BlockFile() override { ::close(file_); }

  void add(std::string_view probe, std::string_view vantage, const Sample& sample) override {
    Series& series = series_of(probe, vantage);
    series.open.push_back(sample);
    ++count_;
    const bool old = sample.done - series.open.front().done >= kOldest;
    if (old || series.open.size() >= kMostSamples) write_block(series);
  }

  void add_text(std::uint16_t index, std::string_view text) override {
    ByteWriter payload;
    payload.put(index);
    payload.put_raw(text);
    write(block({.type = BlockType::Text}, payload.bytes()));
  }

  void flush() override {
    for (Series& series : series_) write_block(series);
  }

  std::uint64_t count() const override { return count_; }
  std::vector<SampleSeries> read_back() const override { return read_sample_file(path_).series; }

 private:
  struct Series {
    std::uint16_t index = 0;
    std::string probe;
    std::string vantage;
    std::vector<Sample> open;
  };

  Series& series_of(std::string_view probe, std::string_view vantage) {
    for (Series& series : series_) {
      if (series.probe == probe && series.vantage == vantage) return series;
    }
    const auto index = static_cast<std::uint16_t>(series_.size());
    ByteWriter payload;
    payload.put(index);
    payload.put_text(probe);
    payload.put_text(vantage);
    write(block({.type = BlockType::Series}, payload.bytes()));
    return series_.emplace_back(Series{index, std::string(probe), std::string(vantage), {}});
  }

  void write_block(Series& series) {
    if (series.open.empty()) return;
    const PackedSamples packed = pack_samples(series.index, series.open);
    ByteWriter payload;
    payload.put(packed.series);
    payload.put_raw(packed.payload);
    write(block({.type = BlockType::Samples,
                 .flags = packed.whole_microseconds ? kMicroseconds : std::uint16_t{0},
                 .count = packed.count,
                 .base = packed.base.time_since_epoch().count()},
                payload.bytes()));
    series.open.clear();
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_errno("cannot write to " + path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  const std::string path_;
  const int file_;
  std::vector<Series> series_;
  std::uint64_t count_ = 0;
};

/// Nothing where what follows is not a whole, sound header.
std::optional<BlockHeader> read_header(std::string_view bytes) {
  if (bytes.size() < kHeader) return std::nullopt;
  ByteReader in(bytes);
  BlockHeader header;
  if (in.get<std::uint32_t>() != kMagic || in.get<std::uint8_t>() != kVersion) return std::nullopt;
  header.type = static_cast<BlockType>(in.get<std::uint8_t>());
  header.flags = in.get<std::uint16_t>();
  header.size = in.get<std::uint32_t>();
  header.count = in.get<std::uint32_t>();
  header.base = in.get<std::int64_t>();
  header.checksum = in.get<std::uint32_t>();
  if (header.count > kMostSamples) return std::nullopt;
  return header;
}

/// How many samples each series has, by its index, so that none of them has to be moved again.
std::vector<std::size_t> counts_of(std::string_view bytes) {
  std::vector<std::size_t> counts;
  while (const auto header = read_header(bytes)) {
    if (bytes.size() - kHeader < header->size) break;
    if (header->type == BlockType::Samples && header->size >= sizeof(std::uint16_t)) {
      const auto index = ByteReader(bytes.substr(kHeader)).get<std::uint16_t>();
      if (counts.size() <= index) counts.resize(index + 1U);
      counts[index] += header->count;
    }
    bytes.remove_prefix(kHeader + header->size);
  }
  return counts;
}

void take_block(const BlockHeader& header,
                std::string_view payload,
                const std::vector<std::size_t>& counts,
                SampleFileContent& content) {
  ByteReader in(payload);
  const auto index = in.get<std::uint16_t>();
  if (header.type == BlockType::Series) {
    SampleSeries series;
    series.probe = in.get_text();
    series.vantage = in.get_text();
    if (index < counts.size()) reserve_much(series.samples, counts[index]);
    content.series.push_back(std::move(series));
  } else if (header.type == BlockType::Text) {
    if (content.texts.size() <= index) content.texts.resize(index + 1U);
    content.texts[index] = in.rest();
  } else if (header.type == BlockType::Samples) {
    if (index >= content.series.size()) fail("a block of samples belongs to no series ({})", index);
    unpack_samples({index,
                    (header.flags & kMicroseconds) != 0,
                    Time(Duration(header.base)),
                    header.count,
                    std::string(in.rest())},
                   content.series[index].samples);
  }
}

}  // namespace

std::unique_ptr<SampleFile> create_sample_file(const std::string& path) {
  return std::make_unique<BlockFile>(path);
}

SampleFileContent read_sample_file(const std::string& path) {
  const std::string bytes = read_file(path, kLargestFile);
  SampleFileContent content;
  content.texts.emplace_back();
  const std::vector<std::size_t> counts = counts_of(bytes);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto header = read_header(rest);
    if (!header || rest.size() - kHeader < header->size) break;
    const std::string_view payload = rest.substr(kHeader, header->size);
    if (crc32c(payload) != header->checksum) break;
    take_block(*header, payload, counts, content);
    rest.remove_prefix(kHeader + header->size);
  }
  content.complete = rest.empty();
  return content;
}

}  // namespace muster
