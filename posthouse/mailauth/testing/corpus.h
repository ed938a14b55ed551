#pragma once
// For tests: the shared corpus (../shared/corpus beside the source tree), and suites of the openspf kind in YAML.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "posthouse/mailauth/testing/zone_resolver.h"

namespace posthouse::mailauth::testing {

inline std::filesystem::path corpus() {
  return POSTHOUSE_CORPUS;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The files of a folder of the corpus with that extension, in order of their names.
inline std::vector<std::filesystem::path> files_in(const std::string& folder, const std::string& extension) {
  std::vector<std::filesystem::path> files;
  std::error_code absent;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus() / folder, absent)) {
    if (entry.is_regular_file() && entry.path().extension() == extension) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// A test that reads `folder` of the corpus, and is skipped where that is absent.
#define MAILAUTH_NEEDS_CORPUS(folder)                         \
  if (!std::filesystem::exists(testing::corpus() / (folder))) \
  GTEST_SKIP() << "not checked, because there is no " << (testing::corpus() / (folder)).string()

/// Fills a resolver with the zonedata of an openspf suite. As that suite has it: records of type SPF stand for TXT records
/// where the name has none, and TIMEOUT is what any other question to the name comes to.
inline void add_zone(ZoneResolver& resolver, const YAML::Node& zonedata) {
  for (const auto& entry : zonedata) {
    const std::string name = entry.first.as<std::string>();
    resolver.name(name);
    std::vector<std::string> texts;
    std::vector<std::string> spf_texts;
    bool has_text = false;
    for (const auto& record : entry.second) {
      if (record.IsScalar()) {
        resolver.timeout(name);
        continue;
      }
      const std::string type = record.begin()->first.as<std::string>();
      const YAML::Node value = record.begin()->second;
      if (type == "TXT" || type == "SPF") {
        // Several strings are one text; the emptiest record has none.
        std::string rdata;
        if (value.IsSequence()) {
          for (const auto& piece : value) {
            rdata += net::txt_rdata(piece.as<std::string>());
          }
        } else {
          rdata = net::txt_rdata(value.as<std::string>());
        }
        has_text = has_text || type == "TXT";
        if (type == "SPF") {
          spf_texts.push_back(rdata);
        } else if (rdata != net::txt_rdata("NONE")) {
          texts.push_back(rdata);
        }
      } else if (type == "A" || type == "AAAA") {
        resolver.address(name, value.as<std::string>());
      } else if (type == "MX") {
        resolver.mx(name, value[0].as<std::uint16_t>(), value[1].as<std::string>());
      } else if (type == "PTR") {
        resolver.ptr(name, value.as<std::string>());
      } else if (type == "CNAME") {
        resolver.cname(name, value.as<std::string>());
      } else {
        ADD_FAILURE() << "what is a record " << type << '?';
      }
    }
    for (const std::string& rdata : has_text ? texts : spf_texts) {
      resolver.add(name, net::DnsType::txt, rdata);
    }
  }
}

}  // namespace posthouse::mailauth::testing
