// Many points in one draw call, one vertex each; deck.gl's own layers draw a square for each.

const UNIFORMS = {
  name: "point",
  vs: `layout(std140) uniform pointUniforms { highp float radiusScale; } point;`,
  uniformTypes: { radiusScale: "f32" },
};

const VERTEX = `#version 300 es
#define SHADER_NAME paper-points-vertex
in vec2 pointPositions;
in vec4 pointColors;
in float pointSizes;
out vec4 colour;
out float width;
void main(void) {
  width = 2.0 * max(point.radiusScale * pointSizes, 0.5) * project.devicePixelRatio + 1.0;
  colour = pointColors;
  gl_Position = project_position_to_clipspace(vec3(pointPositions, 0.0), vec3(0.0), vec3(0.0));
  gl_PointSize = width;
}
`;

const FRAGMENT = `#version 300 es
#define SHADER_NAME paper-points-fragment
precision highp float;
in vec4 colour;
in float width;
out vec4 fragColor;
void main(void) {
  float inside = 0.5 * width - length(gl_PointCoord - 0.5) * width;
  if (inside <= 0.0) discard;
  fragColor = vec4(colour.rgb, colour.a * min(inside, 1.0));
}
`;

// data: {length, attributes: {getPosition, getFillColor, getRadius}}, as for a ScatterplotLayer with radii in pixels.
export class PointsLayer extends deck.Layer {
  getShaders() {
    return super.getShaders({ vs: VERTEX, fs: FRAGMENT, modules: [deck.project32, UNIFORMS] });
  }

  initializeState() {
    this.getAttributeManager().add({
      pointPositions: { size: 2, type: "float32", accessor: "getPosition" },
      pointColors: { size: 4, type: "unorm8", accessor: "getFillColor" },
      pointSizes: { size: 1, type: "float32", accessor: "getRadius" },
    });
    this.setState({
      model: new luma.Model(this.context.device, {
        ...this.getShaders(),
        id: this.props.id,
        bufferLayout: this.getAttributeManager().getBufferLayouts(),
        topology: "point-list",
        isInstanced: false,
      }),
    });
  }

  draw() {
    const { model } = this.state;
    model.setVertexCount(this.props.data.length);
    model.shaderInputs.setProps({ point: { radiusScale: this.props.radiusScale } });
    model.draw(this.context.renderPass);
  }
}
PointsLayer.layerName = "PointsLayer";
PointsLayer.defaultProps = { radiusScale: 1 };
