// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// The names of methods in the source. The compiler puts lambdas, local functions and asynchronous methods into types and methods with
/// generated names.
/// </summary>
internal static class SourceName
{
    private const string RuntimeCompilerServices = "System.Runtime.CompilerServices.";

    /// <summary>The type and the method.</summary>
    /// <param name="type">The full name of the type, with nested types after a plus.</param>
    /// <param name="method">The name of the method.</param>
    internal static string Of(string type, string method)
    {
        string[] parts = type.Split('+');
        int real = parts.Length;
        while (real > 1 && parts[real - 1].StartsWith('<'))
        {
            real--;
        }

        // An asynchronous method or an iterator: a type <Method>d__5 with the method MoveNext.
        bool isStateMachine = method == "MoveNext" && real < parts.Length;
        return $"{string.Join('.', parts[..real])}.{(isStateMachine ? Plain(parts[^1]) : Plain(method))}";
    }

    /// <summary>Whether a type belongs to the frames that the compiler and the runtime put between asynchronous methods.</summary>
    internal static bool IsPlumbing(string type) =>
        type == "System.Threading.ExecutionContext"
        || (type.StartsWith(RuntimeCompilerServices, StringComparison.Ordinal)
            && type.AsSpan(RuntimeCompilerServices.Length) is var name
            && (name.StartsWith("Async", StringComparison.Ordinal) || name.StartsWith("PoolingAsync", StringComparison.Ordinal)));

    // <Run>b__0: a lambda in Run. <Run>g__Step|3_0: a local function. <Run>d__5: a state machine. <<Main>$>g__Step|0_0: in top-level code.
    private static string Plain(string name)
    {
        int end = EndOfBrackets(name);
        if (end < 0)
        {
            return name;
        }

        string outer = Plain(name[1..end]);
        ReadOnlySpan<char> rest = name.AsSpan(end + 1);
        if (!rest.StartsWith("g__", StringComparison.Ordinal))
        {
            return rest.StartsWith("b__", StringComparison.Ordinal) ? $"{outer} (lambda)" : outer;
        }

        int bar = rest.IndexOf('|');
        return $"{outer}.{rest[3..(bar < 0 ? rest.Length : bar)]}";
    }

    /// <summary>
    /// The index of the bracket that closes the first one; negative when the name does not begin with a bracket, or it is not closed.
    /// </summary>
    private static int EndOfBrackets(string name)
    {
        int depth = 0;
        for (int i = 0; i < name.Length && name[0] == '<'; i++)
        {
            depth += name[i] == '<' ? 1 : name[i] == '>' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return -1;
    }
}
