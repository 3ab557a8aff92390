// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit.Contract.Tests.Oracle;

/// <summary>
/// One thing that a thread does: L a lock, T a try for it, S a signaling section, W a wait for a fence, I an invalidation (inside: the
/// owner's own work), R to begin reading. What they are done to: locks 0 to 2, fences a to c, owners x and y.
/// </summary>
internal sealed record ContractStep(char Kind, char Target, ContractStep[] Inside)
{
    public override string ToString() => Inside.Length == 0 ? $"{Kind}{Target}" : $"{Kind}{Target}({ContractScenario.Join(Inside)})";
}

/// <summary>A subscriber of an owner: what its callback does, and the fence that it hands back.</summary>
internal sealed record ContractSubscriber(char Owner, ContractStep[] Callback, char Fence)
{
    public override string ToString() => $"{Owner}{{{ContractScenario.Join(Callback)}}}{Fence}";
}

/// <summary>
/// Written as <c>subscribers | thread | thread</c>, for instance <c>x{L0}a | L0(Ix) | Sa(L0)</c>. Before the subscribers stands what shares
/// a class: with <c>b=a</c> both timelines have one name.
/// </summary>
internal sealed record ContractScenario(string[] Twins, ContractSubscriber[] Subscribers, ContractStep[][] Threads)
{
    internal const string Locks = "012";
    internal const string Fences = "abc";
    internal const string Owners = "xy";

    internal IEnumerable<ContractStep> Sections => Threads.SelectMany(static thread => thread);

    internal IEnumerable<ContractSubscriber> Of(char owner) => Subscribers.Where(subscriber => subscriber.Owner == owner);

    /// <summary>What stands for all that share the class.</summary>
    internal char ClassOf(char name) => Twins.FirstOrDefault(twin => twin[0] == name)?[2] ?? name;

    internal static string Join(IEnumerable<ContractStep> steps) => string.Join(' ', steps.Select(static step => step.ToString()));

    internal static ContractScenario Parse(string text)
    {
        string[] parts = text.Split('|', StringSplitOptions.TrimEntries);
        List<string> twins = [];
        List<ContractSubscriber> subscribers = [];
        for (int at = 0; at < parts[0].Length; at++)
        {
            if (parts[0][at + 1] == '=')
            {
                twins.Add(parts[0].Substring(at, 3));
                at += 3;
                continue;
            }

            char owner = parts[0][at];
            at += 2;
            ContractStep[] callback = ParseSteps(parts[0], ref at);
            subscribers.Add(new ContractSubscriber(owner, callback, parts[0][at + 1]));
            at += 2;
        }

        return new ContractScenario([.. twins], [.. subscribers], [.. parts[1..].Select(static part =>
        {
            int at = 0;
            return ParseSteps(part, ref at);
        })]);
    }

    public override string ToString()
    {
        StringBuilder text = new(string.Join(' ', [.. Twins, .. Subscribers.Select(static subscriber => subscriber.ToString())]));
        foreach (ContractStep[] thread in Threads)
        {
            text.Append(" | ").Append(Join(thread));
        }

        return text.ToString().TrimStart();
    }

    private static ContractStep[] ParseSteps(string text, ref int at)
    {
        List<ContractStep> steps = [];
        while (at < text.Length && text[at] is not (')' or '}'))
        {
            if (text[at] == ' ')
            {
                at++;
                continue;
            }

            char kind = text[at++];
            char target = text[at++];
            ContractStep[] inside = [];
            if (at < text.Length && text[at] == '(')
            {
                at++;
                inside = ParseSteps(text, ref at);
                at++;
            }

            steps.Add(new ContractStep(kind, target, inside));
        }

        return [.. steps];
    }
}
