namespace FenceKit.Exploration;

/// <summary>Scenarios that nobody has thought of.</summary>
internal static class GeneratedScenario
{
    /// <summary>The scenario of a seed: always the same one, so a failure is replayed by seed and replay string.</summary>
    public static Scenario Of(int seed, ShadowFlaw flaw = ShadowFlaw.None)
    {
        GeneratedScript script = new(seed);
        Scenario<ShadowedMemory> scenario = Scenario.Of($"GeneratedScenario.Of({seed}): {script}", () => new ShadowedMemory(script, flaw));
        for (int i = 0; i < script.Bodies.Count; i++)
        {
            List<GeneratedAction> body = script.Bodies[i];
            scenario.Thread(string.Join(", ", body), memory => memory.Run(body));
        }

        if (script.HasDevices)
        {
            scenario.Thread("devices", memory => memory.RunDevices());
        }

        return scenario.Always(memory => memory.CheckNoStaleMapping()).AtEnd(memory => memory.CheckAtRest());
    }
}
