#pragma once
// For tests: the records of the shared corpus, with the verdicts of the program they are from.
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "posthouse/base/text.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mailauth {

/// A line of auth-records/records.tsv: its kind, "good" or another verdict, the text as a JSON string.
struct CorpusRecord {
  bool good = false;
  std::string text{};
};

/// Those of one kind ("dkim-record"), in order.
inline std::vector<CorpusRecord> corpus_records(std::string_view kind) {
  std::vector<CorpusRecord> records;
  std::istringstream lines(mime::read_file(mime::corpus() / "auth-records/records.tsv"));
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string_view> columns = split(line, '\t');
    if (columns.size() >= 3 && columns[0] == kind) {
      records.push_back({columns[1] == "good", std::string(boost::json::parse(columns[2]).as_string())});
    }
  }
  return records;
}

}  // namespace posthouse::mailauth
