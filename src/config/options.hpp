#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/trust.hpp"
#include "data/augmentation.hpp"
#include "data/dataset.hpp"
#include "data/header.hpp"
#include "data/image_size.hpp"
#include "data/preprocessing.hpp"
#include "train/hyperparameters.hpp"

namespace ensemble::config {

/// How often members in training are saved: every so many epochs, or else so many seconds; 0 and 0: never.
struct CheckpointInterval {
    std::size_t epochs = 0;
    double seconds = 60;
};

/// Values that members take of one of their settings: --vary.
struct Variation {
    std::string setting;                   ///< its name
    std::string text;                      ///< as given: "0.1,0.01" or "1e-4..1e-2"
    std::vector<std::string> values = {};  ///< taken in turn; empty where they are drawn
    double low = 0;                        ///< drawn from here
    double high = 0;                       ///< to there
};

/// Ways in which test rows are changed, each evaluated by itself: --shift.
struct ShiftSeries {
    std::string name;            ///< of the kind of shift
    std::string text;            ///< its values as given: "15,30" or "15..180"
    std::vector<double> values;  ///< how far
};

/// Everything a person can ask for, with the defaults in place.
struct Options {
    std::string data = "digits";
    std::string test;                           ///< file with the test rows; empty: the data's own test set, or a share
    std::string target;                         ///< column, or file, of what is to be learnt; empty: the data's own
    std::string test_target;                    ///< file of what belongs to the test rows
    std::optional<data::Header> header;         ///< whether text tables have one; unset: found out
    std::optional<data::ImageSize> image_size;  ///< what pictures in folders are brought to
    std::string ignore;                         ///< columns of text tables that are left out
    std::string categorical;                    ///< columns of text tables whose numbers are names of levels
    std::string use;                            ///< columns of text tables that stay although they seem to be of no use
    std::string weight;                         ///< column of text tables with the weights of rows; empty: none
    std::string group;                          ///< column of text tables that says which rows belong together
    std::optional<data::Missing> missing;       ///< what is done where text tables have no value; unset: indicate
    data::Encoding encoding = data::Encoding::automatic;  ///< of the numbers of text tables
    std::optional<task::Kind> task;                       ///< unset: by the target
    data::Preprocessing preprocessing;
    data::Augmentation augmentation;
    std::size_t test_views = 1;           ///< of a test image, whose mean predicts
    std::optional<double> test_fraction;  ///< unset: the data's own test set, else 0.2
    double validation_fraction = 0.1;
    std::size_t train_limit = 0;   ///< 0: all rows
    std::optional<bool> stratify;  ///< keep the shares of classes in all parts; unset: of classes yes

    bool recipe = true;  ///< what nobody has chosen is chosen by the kind of data

    std::vector<std::string> nets{"mlp"};  ///< members take them in turn
    std::string loss;                      ///< empty: the task's first

    train::Hyperparameters training{.epochs = 0};  ///< 0 epochs: as many as the data need, see Experiment
    bool epochs_are_chosen = false;                ///< by the program

    std::size_t members = 8;
    std::vector<Variation> variations = {};
    double stop_when = 0;   ///< no further members once one more adds less than that; 0: all are trained
    std::size_t folds = 0;  ///< 0: all members have the same training rows
    bool bootstrap = false;
    double feature_fraction = 1.0;
    std::size_t snapshots = 1;   ///< members of a run, each of which goes on from the one before it
    std::size_t mc_dropout = 0;  ///< passes with dropout on that the ensemble is compared with; 0: none
    std::vector<ShiftSeries> shifts = {};
    std::string ood;             ///< name or path of rows from elsewhere; empty: none
    std::size_t importance = 0;  ///< how often the values of each column are shuffled; 0: never
    std::string coverage_by;     ///< column by which coverage is also told; empty: classes are told apart
    std::string combine;         ///< what predictions.npy holds; empty: the first combination for the task
    analysis::Calibrate calibrate = analysis::Calibrate::none;  ///< of the combined probabilities

    std::uint64_t seed = 1;
    std::size_t threads = 1;  ///< of each rank; 0: auto, one, and the cores of idle ranks of its host

    CheckpointInterval checkpoint_every;
    double time_limit_s = 0;      ///< 0: none
    double time_budget_s = 0;     ///< that members and epochs are chosen for; 0: any
    std::size_t min_members = 0;  ///< that suffice when the run is stopped; 0: all

    bool tensorboard = false;  ///< write event files

    bool recover = false;      ///< go on with the ranks that are left when some are lost
    double dead_after_s = 60;  ///< without a sign of life a rank counts as lost

    std::string out;      ///< empty: runs/<time>
    bool resume = false;  ///< go on with the run in `out`
    bool dry_run = false;
};

}  // namespace ensemble::config
