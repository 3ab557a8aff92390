// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Model;

/// <summary>Every state that can be reached, breadth first, until one of them lets a reader find what is old.</summary>
/// <param name="States">How many there are, or were seen.</param>
/// <param name="IsExhausted">Whether there are no others.</param>
/// <param name="Stale">The steps to a stale read; null when there is none.</param>
internal sealed record ModelResult(long States, bool IsExhausted, IReadOnlyList<string>? Stale);

internal static class ModelExplorer
{
    private const long MostForAWay = 300_000;

    internal static ModelResult Explore(ModelBounds bounds, ModelMutation mutation = ModelMutation.None, long most = long.MaxValue)
    {
        ProtocolModel model = new(bounds, mutation);
        StateSet seen = new();
        List<(string, ModelState)> next = [];
        List<ModelState> frontier = [model.Start], following = [];
        seen.Add(model.Start.Pack());
        while (frontier.Count > 0 && seen.Count < most)
        {
            foreach (ModelState state in frontier)
            {
                next.Clear();
                model.CollectSteps(in state, next);
                foreach ((_, ModelState reached) in next)
                {
                    if (!seen.Add(reached.Pack()))
                    {
                        continue;
                    }

                    if (model.IsStale(in reached))
                    {
                        return new ModelResult(seen.Count, false, seen.Count > MostForAWay ? ["too long to be found again"] : FindWay(bounds, mutation, reached));
                    }

                    following.Add(reached);
                }
            }

            (frontier, following) = (following, frontier);
            following.Clear();
        }

        return new ModelResult(seen.Count, frontier.Count == 0, null);
    }

    /// <summary>Once more, with the way to each state kept: only for the few states before a stale read.</summary>
    private static List<string> FindWay(ModelBounds bounds, ModelMutation mutation, ModelState stale)
    {
        ProtocolModel model = new(bounds, mutation);
        Dictionary<UInt128, (UInt128 From, string Step)> ways = new() { [model.Start.Pack()] = default };
        Queue<ModelState> waiting = new([model.Start]);
        UInt128 end = stale.Pack();
        List<(string, ModelState)> next = [];
        while (!ways.ContainsKey(end))
        {
            ModelState state = waiting.Dequeue();
            next.Clear();
            model.CollectSteps(in state, next);
            foreach ((string step, ModelState reached) in next)
            {
                if (ways.TryAdd(reached.Pack(), (state.Pack(), step)))
                {
                    waiting.Enqueue(reached);
                }
            }
        }

        List<string> way = [];
        for (UInt128 at = end; at != model.Start.Pack(); at = ways[at].From)
        {
            way.Insert(0, ways[at].Step);
        }

        return way;
    }

    /// <summary>Numbers in one array: hundreds of millions of them must fit.</summary>
    private sealed class StateSet
    {
        private UInt128[] _table = new UInt128[1 << 16]; // 0 is free; a state is kept plus 1

        internal long Count { get; private set; }

        internal bool Add(UInt128 state)
        {
            if (Count * 4 >= _table.LongLength * 3)
            {
                UInt128[] old = _table;
                _table = new UInt128[old.LongLength * 2];
                foreach (UInt128 kept in old)
                {
                    if (kept != 0)
                    {
                        Put(kept);
                    }
                }
            }

            bool isNew = Put(state + 1);
            Count += isNew ? 1 : 0;
            return isNew;
        }

        private bool Put(UInt128 kept)
        {
            ulong hash = ((ulong)kept * 0x9E3779B97F4A7C15) ^ ((ulong)(kept >> 64) * 0xC2B2AE3D27D4EB4F);
            hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9;
            long mask = _table.LongLength - 1;
            for (long at = (long)(hash >> 1) & mask; ; at = (at + 1) & mask)
            {
                if (_table[at] == 0)
                {
                    _table[at] = kept;
                    return true;
                }

                if (_table[at] == kept)
                {
                    return false;
                }
            }
        }
    }
}
