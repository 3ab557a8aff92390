namespace FenceKit.Structure.Tests;

/// <summary>Finds circles in a directed graph: Tarjan's strongly connected components with more than one node.</summary>
internal static class Circles
{
    internal static List<string[]> In(IEnumerable<(string From, string To)> edges)
    {
        Dictionary<string, List<string>> next = [];
        foreach ((string from, string to) in edges.Distinct())
        {
            (next.TryGetValue(from, out List<string>? list) ? list : next[from] = []).Add(to);
            next.TryAdd(to, []);
        }

        Dictionary<string, int> index = [], low = [];
        Stack<string> open = new();
        List<string[]> circles = [];
        foreach (string node in next.Keys.Order(StringComparer.Ordinal))
        {
            if (!index.ContainsKey(node))
            {
                Visit(node);
            }
        }

        return circles;

        void Visit(string node)
        {
            low[node] = index[node] = index.Count;
            open.Push(node);
            foreach (string other in next[node])
            {
                if (!index.ContainsKey(other))
                {
                    Visit(other);
                }
                else if (!open.Contains(other))
                {
                    continue;
                }
                low[node] = Math.Min(low[node], low[other]);
            }

            if (low[node] != index[node])
            {
                return;
            }
            List<string> circle = [];
            do
            {
                circle.Add(open.Pop());
            }
            while (circle[^1] != node);
            if (circle.Count > 1)
            {
                circles.Add([.. circle.Order(StringComparer.Ordinal)]);
            }
        }
    }
}
