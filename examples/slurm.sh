#!/bin/bash
# A Slurm array, a shard a task, and a task that gathers them when all have ended well:
#   ARRAY=$(sbatch --parsable --array=1-64 slurm.sh)
#   sbatch --dependency=afterok:$ARRAY --array=0 slurm.sh 64
#SBATCH --job-name=babelset
#SBATCH --cpus-per-task=8
#SBATCH --gres=gpu:1
#SBATCH --time=12:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
set -eu
IN=${IN:-data.parquet} TO=${TO:-ca} OUT=${OUT:-shards}
mkdir -p "$OUT"

if [ "${SLURM_ARRAY_TASK_ID:?}" = 0 ]; then
    of=$1
    files=$(seq -f "$OUT/part-%g.parquet" "$of")
    babelset gather $files -o "$OUT/whole.parquet" || [ $? = 1 ] # 1: some rows failed, and are in the ledger
    exit
fi

# Slurm sends SIGTERM two minutes before it ends the task; babelset ends in good order, and the requeued task goes on.
babelset translate "$IN" --to "$TO" --translator "${TRANSLATOR:-nllb}" ${MODEL:+--model "$MODEL"} --quiet \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" -o "$OUT/part-$SLURM_ARRAY_TASK_ID.parquet" || code=$?
case ${code:-0} in
0 | 1) ;;
130) scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" ;;
*) exit "$code" ;;
esac
