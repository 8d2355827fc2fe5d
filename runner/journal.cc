#include "runner/journal.h"

#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <unistd.h>

#include <boost/crc.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace muster {

namespace {

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::optional<JournalRecord> parse_record(std::string_view line) {
  if (line.size() < 10 || line[8] != ' ') return std::nullopt;
  std::uint32_t expected = 0;
  const auto [end, status] = std::from_chars(line.data(), line.data() + 8, expected, 16);
  const std::string_view rest = line.substr(9);
  if (status != std::errc() || end != line.data() + 8 || crc32c(rest) != expected)
    return std::nullopt;
  JournalRecord record;
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  std::from_chars(rest.data(), rest.data() + blank, record.sequence);
  record.detail = parse_json(rest.substr(blank + 1), "a journal record").as_object();
  record.kind = text_at(record.detail, "kind");
  return record;
}

}  // namespace

Journal Journal::create(const std::filesystem::path& path) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) fail_errno("cannot create the journal " + path.string());
  sync_directory(path.parent_path());
  return Journal(descriptor, 1);
}

Journal Journal::reopen(const std::filesystem::path& path) {
  const JournalContent content = read_journal(path);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) fail_errno("cannot open the journal " + path.string());
  Journal journal(descriptor, content.records.empty() ? 1 : content.records.back().sequence + 1);
  if (content.torn && ::ftruncate(descriptor, static_cast<off_t>(content.good_bytes)) != 0) {
    fail_errno("cannot mend the journal " + path.string());
  }
  return journal;
}

Journal::Journal(int descriptor, std::uint64_t next) : descriptor_(descriptor), next_(next) {}

Journal::Journal(Journal&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), next_(other.next_) {}

Journal::~Journal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Journal::append(std::string_view kind, json::object detail, bool durable) {
  json::object record;
  record["kind"] = json::string(kind.data(), kind.size());
  for (auto& [key, value] : detail) record[key] = std::move(value);
  const std::string rest = fmt::format("{} {}", next_++, compact_json(record));
  const std::string line = fmt::format("{:08x} {}\n", crc32c(rest), rest);
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t count = ::write(descriptor_, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_errno("cannot write the journal");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  if (durable && ::fdatasync(descriptor_) != 0) fail_errno("cannot make the journal durable");
}

JournalContent read_journal(const std::filesystem::path& path) {
  JournalContent content;
  const std::string text = read_file(path);
  std::vector<std::string> lines = split(text, '\n');
  const bool ended = lines.back().empty();
  if (ended) lines.pop_back();
  std::size_t position = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    position += lines[i].size() + 1;
    const bool last = i + 1 == lines.size();
    std::optional<JournalRecord> record;
    if (!last || ended) record = parse_record(lines[i]);
    if (!record) {
      (last ? content.torn : content.damaged) = true;
      continue;
    }
    content.records.push_back(*std::move(record));
    content.good_bytes = position;
  }
  return content;
}

}  // namespace muster
