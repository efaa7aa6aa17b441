// Plans in files: what is no plan, and every file of the fuzz corpus with what it is to give.
#include "plan/file.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <unistd.h>

#include "plan/json.h"
#include "plan/protobuf.h"
#include "support/places.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

namespace fs = std::filesystem;

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("hcb_plan_file_" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

TEST_CASE("the name decides the form") {
  const Folder folder;
  const Plan plan = test::tiny_plan(test::tiny_training());
  CHECK(read_plan(folder.write("plan.json", plan_to_json(plan))) == plan);
  CHECK(read_plan(folder.write("plan.pb", plan_to_protobuf(plan))) == plan);
}

TEST_CASE("what cannot be read is named") {
  const Folder folder;
  const auto message = [](const std::string& path) {
    const auto plan = read_plan(path);
    REQUIRE(!plan);
    CHECK(plan.error().kind == ErrorKind::bad_input);
    return plan.error().message;
  };
  const std::string absent = folder.path("absent.json");
  CHECK(message(absent) == absent + ": cannot be read: No such file or directory");
  CHECK(message(folder.path("")) == folder.path("") + ": cannot be read: Is a directory");
  const std::string empty = folder.write("empty.json", "");
  CHECK(message(empty) == empty + ": empty");
}

struct Entry {
  const char* file;
  const char* message;  // behind "FILE: "; nullptr: it is read
};

const Entry kCorpus[] = {
    {"tiny.json", nullptr},
    {"tiny.pb", nullptr},
    {"empty_plan.json", nullptr},
    {"newer_minor.json", nullptr},
    {"unknown_id.json", nullptr},  // ids are the checker's business
    {"free_first.json", nullptr},
    {"tree_loop.json", nullptr},
    {"bad_utf8.json", "byte 91 (line 5, column 18): not JSON: "},
    {"deep.json", "nested more than 16 deep"},
    {"duplicate_key.json", "key \"peak_bytes\" is there twice"},
    {"huge_number.json", "peak_bytes: expected an integer, found 1e+20"},
    {"negative.json", "steps[1][0]: -1 is out of range (0 … 4294967294)"},
    {"newer_major.json", "plan format 2.0; this program reads 1.1 and its minor versions"},
    {"not_a_plan.json", "not a plan: key \"format\" is not \"hcb-plan\""},
    {"truncated.json", "byte 400 (line "},
    {"wrong_type.json", "steps[1][0]: expected an integer, found \"x\""},
};

TEST_CASE("every file of the fuzz corpus gives what it is to give") {
  const std::string folder = test::source_dir() + "/tests/fuzz/corpus/plan/";
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : fs::directory_iterator(folder)) ++files;
  CHECK(files == std::size(kCorpus));
  for (const Entry& entry : kCorpus) {
    CAPTURE(std::string(entry.file));
    const std::string path = folder + entry.file;
    const auto plan = read_plan(path);
    CHECK(plan.has_value() == (entry.message == nullptr));
    if (plan) continue;
    CHECK_MESSAGE(plan.error().message.starts_with(path + ": " + entry.message),
                  plan.error().message);
  }
}

}  // namespace
}  // namespace hcb
