namespace FenceKit;
internal static class Placeholder;
