// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>A promise was broken in a scene.</summary>
internal sealed class SceneException(string message) : Exception(message);
