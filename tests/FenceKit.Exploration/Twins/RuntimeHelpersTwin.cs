namespace FenceKit.Exploration;

/// <summary>As the real one, but a scenario can say that the stack of a thread is almost used up.</summary>
internal static class RuntimeHelpersTwin
{
    [ThreadStatic]
    private static bool t_isStackShort;

    public static bool TryEnsureSufficientExecutionStack() =>
        !t_isStackShort && System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack();

    public static int GetHashCode(object? o) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(o);

    /// <summary>From here on, and in everything that is called from here, this thread has no stack left for callbacks.</summary>
    public static void WithShortStack(Action body)
    {
        bool before = t_isStackShort;
        t_isStackShort = true;
        try
        {
            body();
        }
        finally
        {
            t_isStackShort = before;
        }
    }
}
