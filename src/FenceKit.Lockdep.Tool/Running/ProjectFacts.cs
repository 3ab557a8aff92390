// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>What the build says of a project.</summary>
/// <param name="Asked">The properties that were given to the build, the framework among them where it had to be named.</param>
/// <param name="Values">The properties that the build has returned.</param>
internal sealed record ProjectFacts(IReadOnlyList<string> Asked, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>The frameworks of which the command names none; the values are those of the first.</summary>
    public IReadOnlyList<string> Frameworks { get; init; } = [];

    /// <summary>Returns the path of what the project builds.</summary>
    /// <exception cref="ToolException">There is no such file, or it is not clear which one is meant.</exception>
    public string OutputOf(string project)
    {
        if (Frameworks.Count > 1)
        {
            throw new ToolException($"{project} is built for {string.Join(" and ", Frameworks)}: name one of them with -f.");
        }

        string path = Values["TargetPath"];
        return File.Exists(path) ? path : throw new ToolException($"{project} has no output at '{path}'. Build it first.");
    }
}
