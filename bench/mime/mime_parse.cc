// usage: mime_parse CORPUS [RUNS] [full|tree]
//
// Reads every message of a corpus. full: every field decoded, every text to UTF-8, every attachment decoded, those of
// embedded messages too. tree: the structure alone.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "measured.h"

#include "posthouse/mime/mime.h"

namespace {

using posthouse::mime::Field;
using posthouse::mime::Message;
using posthouse::mime::Part;

void read_fully(std::string_view bytes, mime_bench::Sink& sink) {
  const Message message = Message::view(bytes);
  for (const Part part : message.walk()) {
    for (const Field field : part.headers()) {
      sink.header(field.name(), field.text());
    }
    if (!part.is_leaf()) {
      continue;
    }
    if (part.is("text/")) {
      sink.text(part.text());
    } else {
      sink.file(part.content());
    }
  }
}

void read_tree(std::string_view bytes, mime_bench::Sink& sink) {
  sink.texts += Message::view(bytes).part_count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: mime_parse CORPUS [RUNS] [full|tree]\n");
    return 2;
  }
  const mime_bench::Corpus corpus(argv[1]);
  const int runs = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::string how = argc > 3 ? argv[3] : "full";
  const auto read = how == "tree" ? read_tree : read_fully;

  mime_bench::Sink sink{.verify = true};
  for (const std::string_view message : corpus.messages()) {
    read(message, sink);
  }
  const double seconds = mime_bench::median_cpu_seconds(runs, [&] {
    mime_bench::Sink unverified;
    for (const std::string_view message : corpus.messages()) {
      read(message, unverified);
    }
  });
  std::printf(
      "{\"bench\":\"mime_parse\",\"how\":\"%s\",\"msgs\":%zu,\"bytes\":%zu,\"cpu_median_s\":%.5f,\"mb_s\":%.1f,"
      "\"headers\":%llu,\"header_bytes\":%llu,\"texts\":%llu,\"text_bytes\":%llu,\"files\":%llu,\"file_bytes\":%llu,"
      "\"subject_sum\":\"%016llx\",\"text_sum\":\"%016llx\",\"file_sum\":\"%016llx\"}\n",
      how.c_str(), corpus.messages().size(), corpus.octets(), seconds,
      static_cast<double>(corpus.octets()) / seconds / 1e6, static_cast<unsigned long long>(sink.headers),
      static_cast<unsigned long long>(sink.header_octets), static_cast<unsigned long long>(sink.texts),
      static_cast<unsigned long long>(sink.text_octets), static_cast<unsigned long long>(sink.files),
      static_cast<unsigned long long>(sink.file_octets), static_cast<unsigned long long>(sink.subject_sum),
      static_cast<unsigned long long>(sink.text_sum), static_cast<unsigned long long>(sink.file_sum));
  return 0;
}
