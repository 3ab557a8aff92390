using System.Globalization;

namespace FenceKit.Exploration;

/// <summary>
/// Totals of this test run over the shipped sources, for artifacts/proof/interleavings.json. The engine's own tests, which fail
/// on purpose, are not in it. The file is written anew after every scenario, so that a crash leaves what was done until then.
/// </summary>
internal static class InterleavingLedger
{
    private static readonly System.Threading.Lock s_gate = new();
    private static long s_explored;
    private static long s_failures;

    /// <summary>Of the random schedules. Fixed, so that every run explores the same ones; another one can be given from outside.</summary>
    public static int Seed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("FENCEKIT_EXPLORATION_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 20260622;

    public static void Add(ExplorationResult result)
    {
        lock (s_gate)
        {
            s_explored += result.Interleavings;
            s_failures += result.Failure is null ? 0 : 1;
            Save();
        }
    }

    private static void Save()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "FenceKit.sln")))
        {
            root = root.Parent;
        }

        if (root is null)
        {
            return;
        }

        string folder = Path.Combine(root.FullName, "artifacts", "proof");
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "interleavings.json");
        string totals = FormattableString.Invariant($$"""{ "explored": {{s_explored}}, "failures": {{s_failures}}, "seed": {{Seed}} }""");
        File.WriteAllText(path + ".new", totals + "\n");
        File.Move(path + ".new", path, overwrite: true);
    }
}
