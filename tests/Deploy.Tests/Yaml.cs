using YamlDotNet.RepresentationModel;

namespace WhatsApp.Deploy.Tests;

/// <summary>YAML as plain values: <see cref="Dictionary{TKey,TValue}"/>, <see cref="List{T}"/>, string. A key that occurs twice is an error; <c>&lt;&lt;</c> is merged.</summary>
internal static class Yaml
{
    /// <summary>One document.</summary>
    /// <exception cref="YamlDotNet.Core.YamlException">Not well formed, or a key twice.</exception>
    public static Dictionary<string, object> Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Map(Plain(Assert.Single(stream.Documents).RootNode));
    }

    public static Dictionary<string, object> Map(object? value) => Assert.IsType<Dictionary<string, object>>(value);

    /// <summary>A map below another; empty when there is none.</summary>
    public static Dictionary<string, object> Map(this Dictionary<string, object> map, string key) => map.TryGetValue(key, out var value) ? Map(value) : [];

    /// <summary>A list of texts; empty when there is none.</summary>
    public static List<string> Texts(this Dictionary<string, object> map, string key) =>
        map.TryGetValue(key, out var value) ? [.. Assert.IsType<List<object>>(value).Select(Assert.IsType<string>)] : [];

    public static string? Text(this Dictionary<string, object> map, string key) => map.TryGetValue(key, out var value) ? Assert.IsType<string>(value) : null;

    private static object Plain(YamlNode node) => node switch
    {
        YamlMappingNode map => Merge(map),
        YamlSequenceNode list => list.Children.Select(Plain).ToList(),
        YamlScalarNode text => text.Value ?? "",
        _ => throw new InvalidOperationException($"{node.NodeType} at {node.Start}"),
    };

    // What is said here wins over what is merged in.
    private static Dictionary<string, object> Merge(YamlMappingNode node)
    {
        var map = node.Children.Where(pair => !IsMerge(pair.Key)).ToDictionary(pair => Assert.IsType<YamlScalarNode>(pair.Key).Value!, pair => Plain(pair.Value));
        foreach (var (_, from) in node.Children.Where(pair => IsMerge(pair.Key)))
            foreach (var (key, value) in Map(Plain(from)))
                map.TryAdd(key, value);
        return map;
    }

    private static bool IsMerge(YamlNode key) => key is YamlScalarNode { Value: "<<" };
}
