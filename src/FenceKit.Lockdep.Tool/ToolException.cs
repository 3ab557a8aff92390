// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool;

/// <summary>The tool cannot do its work. The message is for the user: what is wrong, and what to do.</summary>
internal sealed class ToolException(string message, Exception? inner = null) : Exception(message, inner);
