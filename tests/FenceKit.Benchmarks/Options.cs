// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks;

/// <summary>Options that each take a value. Refuses what it does not know, what stands there twice, and what has no value.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _rest = [];

    private Options()
    {
    }

    /// <summary>The value of an option; null when it was not given.</summary>
    internal string? this[string name] => _values.GetValueOrDefault(name);

    /// <exception cref="OptionException">An option is unknown, has no value, or stands there twice.</exception>
    internal static Options Parse(ReadOnlySpan<string> arguments, params ReadOnlySpan<string> names)
    {
        Options options = new();
        for (int index = 0; index < arguments.Length; index++)
        {
            string argument = arguments[index];
            if (!argument.StartsWith('-'))
            {
                options._rest.Add(argument);
                continue;
            }

            if (!names.Contains(argument))
            {
                throw new OptionException($"There is no option '{argument}'.");
            }

            if (index + 1 == arguments.Length || names.Contains(arguments[index + 1]))
            {
                throw new OptionException($"The option '{argument}' needs a value.");
            }

            if (!options._values.TryAdd(argument, arguments[++index]))
            {
                throw new OptionException($"The option '{argument}' stands there twice.");
            }
        }

        return options;
    }

    /// <exception cref="OptionException">There is something that belongs to no option.</exception>
    internal void RefuseValues()
    {
        if (_rest is [string first, ..])
        {
            throw new OptionException($"'{first}' belongs to no option.");
        }
    }
}
