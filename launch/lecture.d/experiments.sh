# Sourced by launch/lecture: what the lecture shows, as runs of the program.
#   experiment NAME COLUMNS TITLE      begins a table; COLUMNS is plain, gradients, overfitting or ladder
#   run KEY PUBLISHED LABEL WORDS…     a row of it: options of ensemble_train; PUBLISHED in percent, - if there is none
# Published figures are test results on MNIST, with 55,000 training images. `quick` is yes for small built-in data.
# shellcheck shell=bash disable=SC2154

# Data, and how many rows there are to train on where few of them are the point.
small_digits() {
    if [[ $quick ]]; then
        digits=(--data "digits:train=3000,test=1000" --epochs 8 --members 3)
        few=(--data "digits:train=600,test=2000" --epochs 50 --members 3)
        ten_times_as_many=(--data "digits:train=6000,test=2000" --epochs 5 --members 3)
    else
        digits=(--data "$data" --train-limit 10000 --epochs 10 --members 5)
        few=(--data "$data" --train-limit 1000 --epochs 100 --members 5)
        ten_times_as_many=(--data "$data" --train-limit 10000 --epochs 10 --members 5)
    fi
}

xor_experiments() {
    experiment xor plain "XOR: one layer cannot, two can, and nine need ReLU"
    local common=(--data xor --init xavier --optimizer sgd --lr 0.1 --epochs 10000 --members 5)
    run xor-logistic 50 "logistic regression" --net logistic "${common[@]}"
    run xor-two-layers 100 "2-2-1, sigmoid" --net "dense(2) sigmoid" "${common[@]}"
    run xor-nine-sigmoid 50 "nine hidden layers, sigmoid" --net xor-sigmoid --members 5
    run xor-nine-relu 100 "nine hidden layers, ReLU" --net xor-relu --members 5
}

initialisation_experiments() {
    local init
    experiment initialisation gradients "First weights of a deep network, and what is left of the gradient"
    for init in zeros normal rbm xavier he; do
        run "sigmoid-$init" - "five sigmoid layers, $init" --net "repeat(5)[ dense(64) sigmoid ]" --init "$init" \
            --log-gradients "${digits[@]}"
    done
    for init in zeros normal xavier he; do
        run "relu-$init" - "five ReLU layers, $init" --net "repeat(5)[ dense(64) relu ]" --init "$init" \
            --log-gradients "${digits[@]}"
    done
}

overfitting_experiments() {
    local plain="dense(256) relu dense(256) relu"
    local dropout="dense(256) relu dropout(0.5) dense(256) relu dropout(0.5)"
    local distort=(--augment "shift:2,rotate:10,scale:0.1")
    experiment overfitting overfitting "Overfitting, and what helps: two hidden layers on few images"
    run few - "nothing against it" --net "$plain" "${few[@]}"
    run more-data - "ten times the data, as many steps" --net "$plain" "${ten_times_as_many[@]}"
    run augmentation - "images shifted, turned, scaled" --net "$plain" "${few[@]}" "${distort[@]}"
    run elastic - "and bent" --net "$plain" "${few[@]}" --augment "shift:2,rotate:10,scale:0.1,elastic:3"
    run pca - "40 principal components" --net "$plain" "${few[@]}" --features pca:40
    run variance - "the 300 pixels that vary most" --net "$plain" "${few[@]}" --features variance:300
    run l2 - "L2 penalty 0.001" --net "$plain" "${few[@]}" --weight-decay 0.001
    run max-norm - "max-norm 1" --net "$plain" "${few[@]}" --max-norm 1
    run label-smoothing - "label smoothing 0.1" --net "$plain" "${few[@]}" --label-smoothing 0.1
    run dropout-layers - "dropout 0.5" --net "$dropout" "${few[@]}"
    run input-dropout - "dropout 0.2 of the input" --net "dropout(0.2) $plain" "${few[@]}"
    run early-stopping - "early stopping, patience 5" --net "$plain" "${few[@]}" --patience 5
    run swa - "mean of the last epochs' weights" --net "$plain" "${few[@]}" --average swa
    run ema - "moving mean of the weights" --net "$plain" "${few[@]}" --average ema:0.99
    run together - "dropout and distorted images" --net "$dropout" "${few[@]}" "${distort[@]}"
}

switch_experiments() {
    local dropout="dense(256) relu dropout(0.3) dense(256) relu dropout(0.3)"
    experiment switch overfitting "Keep rate 0.7 in training: 1 in evaluation, or the mistake of not switching"
    run switched - "1 in evaluation" --net "$dropout" "${few[@]}"
    run not-switched - "still 0.7" --net "$dropout" "${few[@]}" --evaluate-with-dropout
}

ladder_experiments() {
    local common=(--data "$data")
    experiment ladder ladder "The ladder on MNIST: mean and standard deviation of five members"
    run softmax 91.94 "softmax" --net lecture-softmax "${common[@]}"
    run nn 94.55 "256-256, N(0,1)" --net lecture-nn "${common[@]}"
    run xavier 97.83 "256-256, Xavier" --net lecture-xavier "${common[@]}"
    run deep 97.42 "512 x 4" --net lecture-deep "${common[@]}"
    run dropout 98.04 "512 x 4, dropout" --net lecture-dropout "${common[@]}"
    run batchnorm 98.26 "512 x 4, batchnorm, dropout" --net lecture-batchnorm "${common[@]}"
    run cnn 98.85 "two convolutions" --net lecture-cnn "${common[@]}"
    run deep-cnn 99.38 "three convolutions, dropout" --net lecture-deep-cnn "${common[@]}"
    # Recurrent members over the rows of an image, where the program has the layer.
    ! knows_layer gru || run gru 98.80 "GRU 128 over rows, dropout" --net "gru(128) dropout(0.3)" --epochs 15 \
        --validation-fraction 0.0833333 --members 5 "${common[@]}"
    run ensemble 99.39/99.52 "seven CNNs" --net lecture-ensemble "${common[@]}"
}

# The same rungs, smaller, on built-in digits: what each adds is to be seen in two minutes.
small_ladder_experiments() {
    local common=(--data "digits:train=2000,test=2000" --epochs 20 --members 3)
    local pooled="conv(8, 3) relu maxpool(2) dropout(0.1) conv(16, 3) relu maxpool(2) dropout(0.1)"
    experiment ladder ladder "The ladder in small, on built-in digits: mean and standard deviation of the members"
    run softmax 91.94 "softmax, N(0,1)" --net logistic --init normal "${common[@]}"
    run nn 94.55 "64-64, N(0,1)" --net "dense(64) relu dense(64) relu" --init normal "${common[@]}"
    run xavier 97.83 "64-64, Xavier" --net "dense(64) relu dense(64) relu" --init xavier "${common[@]}"
    run deep 97.42 "128 x 4" --net "repeat(4)[ dense(128) relu ]" --init xavier "${common[@]}"
    run dropout 98.04 "128 x 4, dropout" --net "repeat(4)[ dense(128) relu dropout(0.3) ]" --init xavier "${common[@]}"
    run batchnorm 98.26 "128 x 4, batchnorm, dropout" --init xavier --lr 0.01 \
        --net "repeat(4)[ dense(128) batchnorm relu dropout(0.3) ]" "${common[@]}"
    run cnn 98.85 "two convolutions" --net "conv(8, 3) relu maxpool(2) conv(16, 3) relu maxpool(2)" --init xavier \
        "${common[@]}"
    run deep-cnn 99.38 "two convolutions, dropout, 128" --net "$pooled dense(128) relu dropout(0.3)" --init xavier \
        "${common[@]}"
    run ensemble 99.39/99.52 "seven of them" --net "$pooled dense(128) relu dropout(0.5)" --init xavier "${common[@]}" \
        --members 7
}

small_digits
xor_experiments
initialisation_experiments
overfitting_experiments
switch_experiments
if [[ $quick ]]; then
    small_ladder_experiments
else
    ladder_experiments
fi
