// What the programs of this folder share: the corpus, processor time, and what a full parse hands over. The form of the
// corpus and the sums are those of the peers' programs, so that results can be compared.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mime_bench {

/// A file of messages: again and again a length (32 bits, little endian) and so many octets.
class Corpus {
 public:
  explicit Corpus(const std::string& path);
  Corpus(const Corpus&) = delete;
  Corpus& operator=(const Corpus&) = delete;

  const std::vector<std::string_view>& messages() const { return messages_; }
  std::size_t octets() const;

 private:
  std::string data_{};
  std::vector<std::string_view> messages_{};
};

/// Counts what a parse gives; with `verify` it also sums hashes of all subjects, texts and files.
struct Sink {
  bool verify = false;
  std::uint64_t headers = 0, header_octets = 0, texts = 0, text_octets = 0, files = 0, file_octets = 0;
  std::uint64_t subject_sum = 0, text_sum = 0, file_sum = 0;

  void header(std::string_view name, std::string_view value);
  void text(std::string_view utf8);
  void file(std::string_view octets);
};

/// Processor time of this process in seconds.
double cpu_seconds();

/// Median processor seconds of `runs` calls of `work`.
double median_cpu_seconds(int runs, const std::function<void()>& work);

}  // namespace mime_bench
